import type { Request } from 'express';
import type { IncidentPage, IncidentQuery } from '../../../src/application/incident/incident-list.js';
import { setPageHeaders } from '../../../src/presentation/http/paging/pagination.js';

const QUERY = { start: { offset: 0 }, order: 'newest-first' } as IncidentQuery;
const AFTER = { createdAt: new Date(1_000), id: 7 };

const aPage = (page: Partial<IncidentPage> = {}): IncidentPage => ({
  incidents: [],
  previous: undefined,
  next: { after: AFTER, passed: undefined },
  total: 30,
  totalIsExact: true,
  ...page,
});

function headersOf(originalUrl: string, page: IncidentPage): Record<string, unknown> {
  const headers: Record<string, unknown> = {};
  const res = { setHeader: (name: string, value: unknown) => (headers[name] = value) };
  setPageHeaders({ originalUrl, res } as unknown as Request, QUERY, page);
  return headers;
}

describe('The headers of a page', () => {
  it('are the same for requests with one URL that share it', () => {
    const page = aPage();
    const first = headersOf('/incidents?limit=20', page);
    expect(first).toMatchObject({ 'X-Total-Count': 30, 'Content-Range': 'incidents */30' });
    expect(first['Link']).toMatch(
      /^<\/incidents\?limit=20>; rel="first", <\/incidents\?limit=20&cursor=.+>; rel="next"$/,
    );
    expect(headersOf('/incidents?limit=20', page)).toEqual(first);
  });

  it('link to the URL of each request that shares it', () => {
    const page = aPage();
    headersOf('/incidents?limit=20', page);
    const other = headersOf('/incidents?status=NEW&limit=20', page)['Link'];
    expect(other).toContain('</incidents?status=NEW&limit=20>; rel="first"');
    expect(headersOf('/incidents?limit=20', page)['Link']).toContain('</incidents?limit=20>; rel="first"');
  });

  it('belong to that page only', () => {
    headersOf('/incidents?limit=20', aPage());
    expect(headersOf('/incidents?limit=20', aPage({ total: 31, totalIsExact: false }))).toMatchObject({
      'X-Total-Count': 31,
      'X-Total-Count-Relation': 'gte',
      'Content-Range': 'incidents */*',
    });
  });
});

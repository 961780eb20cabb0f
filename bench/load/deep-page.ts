import type { Contender } from '../contender.ts';

/** The maximum of `offset`; deeper pages need cursors. */
const MAX_OFFSET = 10_000;
/** How many pages of the maximum size to follow from there: half a million incidents. */
const MAX_PAGES = 2_500;
const PAGE_SIZE = 200;

// The load neither creates nor changes CLOSED incidents, so pages at any depth have similar texts.
const LIST = '/api/v1/incidents?status=CLOSED';

/** The first page of the list, with the same size as the deep page. */
export const FIRST_PAGE = { method: 'GET', path: `${LIST}&limit=20` } as const;

/**
 * The path of a page deep in a list of this many incidents, found by following links, as a client would.
 * Undefined if the links contain no cursor.
 */
export async function findDeepPage(contender: Contender, rows: number): Promise<string | undefined> {
  const offset = Math.min(MAX_OFFSET, Math.floor(rows / 4));
  const next = await nextOf(contender, `${LIST}&limit=${PAGE_SIZE}&offset=${offset}`);
  if (next === undefined || !new URL(next, contender.url).searchParams.has('cursor')) return undefined;
  let path = next;
  const pages = Math.min(MAX_PAGES, Math.floor(rows / 2 / PAGE_SIZE));
  for (let n = 0; n < pages; n++) path = (await nextOf(contender, path)) ?? path;
  const page = new URL(path, contender.url);
  page.searchParams.set('limit', '20');
  return page.pathname + page.search;
}

async function nextOf(contender: Contender, path: string): Promise<string | undefined> {
  const response = await contender.request('GET', path);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${path} returned ${response.status}`);
  return /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
}

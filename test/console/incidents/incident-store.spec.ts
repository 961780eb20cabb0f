import { ApiClient, type Send } from '../../../console/src/api/api-client.js';
import type { Incident } from '../../../console/src/api/types.js';
import { IncidentStore, nextCursor } from '../../../console/src/incidents/incident-store.js';
import { START } from '../../../console/src/router.js';
import { until } from '../../support/until.js';
import { anEvent, anIncident } from './an-incident.js';

const AT = '2026-11-30T12:00:00.000Z';

/** A service that answers as a test says; lists are empty otherwise. */
class FakeService {
  readonly requests: {
    readonly method: string;
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly json: any;
  }[] = [];
  incidents: Incident[] = [];
  /** Answers in place of the list. */
  readonly answers: ((method: string, url: string) => Response | Promise<Response> | undefined)[] = [];

  readonly send: Send = async (url, { method = 'GET', headers, body }) => {
    this.requests.push({
      method,
      url,
      headers,
      json: body === undefined ? undefined : JSON.parse(body as string),
    });
    for (const answer of this.answers) {
      const response = await answer(method, url);
      if (response) return response;
    }
    const total = { 'X-Total-Count': String(this.incidents.length) };
    return Response.json(url.includes('limit=1&') || url.endsWith('limit=1') ? [] : this.incidents, {
      headers: total,
    });
  };

  changes() {
    return this.requests.filter(({ method }) => method === 'PATCH');
  }
}

const problem = (status: number, code: string) =>
  Response.json(
    { status, code, detail: code },
    { status, headers: { 'Content-Type': 'application/problem+json' } },
  );

describe('the store of incidents', () => {
  let service: FakeService;
  let store: IncidentStore;
  const statusOf = (id: number) => store.get(id)?.value.status;

  beforeEach(() => {
    service = new FakeService();
    store = new IncidentStore(new ApiClient(service.send), {
      me: () => 'Anna',
      now: () => new Date(AT),
      newKey: () => `key-${service.requests.length}`,
      // The next count never comes.
      pause: () => new Promise(() => {}),
    });
  });

  const show = async (...incidents: Incident[]) => {
    service.incidents = incidents;
    await store.show({ ...START, tab: 'untaken' });
  };

  it('shows a list in the order of attention', async () => {
    await show(anIncident({ id: 2, urgent: true }), anIncident({ id: 1 }));
    expect(store.rows.value).toEqual([2, 1]);
    expect(store.listState.value).toEqual({ isLoading: false, isComplete: true });
    expect(service.requests.at(-1)!.url).toContain('untaken=true&sort=attention&excerpt=true&limit=100');
  });

  it('loads the next page by the cursor, and only once', async () => {
    const pages = [
      Response.json([anIncident({ id: 1 })], {
        headers: { Link: '</api/v1/incidents?limit=1&cursor=abc>; rel="next"' },
      }),
      Response.json([anIncident({ id: 2 })]),
    ];
    service.answers.push((_, url) => (url.includes('limit=100') ? pages.shift() : undefined));
    await show();
    expect([store.rows.value, store.listState.value.isComplete]).toEqual([[1], false]);
    await Promise.all([store.loadMore(), store.loadMore()]);
    expect(service.requests.filter(({ url }) => url.includes('cursor=abc'))).toHaveLength(1);
    expect([store.rows.value, store.listState.value.isComplete]).toEqual([[1, 2], true]);
  });

  it('keeps the signals of its rows when the list is loaded again', async () => {
    await show(anIncident());
    const shown = store.get(1)!;
    service.incidents = [anIncident({ version: 2, urgent: true })];
    await store.reload();
    expect(store.get(1)).toBe(shown);
    expect(shown.value.urgent).toBe(true);
  });

  it('says why a list cannot be loaded, and keeps nothing from a list that nobody waits for any more', async () => {
    const slow = Promise.withResolvers<Response>();
    service.answers.push((_, url) =>
      url.includes('untaken=true') && url.includes('limit=100') ? slow.promise : undefined,
    );
    const first = store.show({ tab: 'untaken', filters: {} });
    service.incidents = [anIncident({ id: 9, status: 'CLOSED' })];
    await store.show({ tab: 'closed', filters: {} });
    slow.resolve(Response.json([anIncident({ id: 1 })]));
    await first;
    expect(store.rows.value).toEqual([9]);
    service.answers.push(() => problem(503, 'store.unavailable'));
    await store.reload();
    expect(store.listState.value.failure?.message).toBe('store.unavailable');
    expect(store.rows.value).toEqual([9]);
  });

  it('shows a command at once, and what the service says afterwards', async () => {
    await show(anIncident());
    const answer = Promise.withResolvers<Response>();
    service.answers.unshift((method) => (method === 'PATCH' ? answer.promise : undefined));
    const outcome = store.change(1, { kind: 'take' });
    expect([statusOf(1), store.get(1)!.value.assignee, store.rows.value]).toEqual([
      'IN_PROGRESS',
      'Anna',
      [],
    ]);
    answer.resolve(Response.json(anIncident({ status: 'IN_PROGRESS', assignee: 'Anna', version: 2 })));
    expect(await outcome).toMatchObject({ outcome: 'done', undo: { kind: 'release' } });
    expect(service.changes()[0]).toMatchObject({
      json: { status: 'IN_PROGRESS', from: 'NEW' },
      headers: { 'Idempotency-Key': expect.stringMatching(/^key-/) },
    });
    expect(service.changes()[0]!.headers['If-Match']).toBeUndefined();
  });

  it.each([
    ['', false],
    [', also if its event arrives before the refusal', true],
  ])('rolls back what the service refuses, and says what happened meanwhile%s', async (_, isLive) => {
    await show(anIncident());
    const taken = anIncident({ status: 'IN_PROGRESS', assignee: 'Boris', version: 2 });
    const events = [anEvent({ actor: 'Boris', to: 'IN_PROGRESS', assignee: 'Boris' })];
    service.answers.unshift((method, url) => {
      if (method === 'PATCH') {
        if (isLive) store.apply(events);
        return problem(409, 'incident.unexpected-status');
      }
      if (url.startsWith('/api/v1/incidents/1/events'))
        return Response.json(url.endsWith('after=1') ? events : []);
      return url === '/api/v1/incidents/1' ? Response.json(taken) : undefined;
    });
    const outcome = await store.change(1, { kind: 'take' });
    expect(outcome).toMatchObject({ outcome: 'refused', id: 1, incident: taken, meanwhile: events });
    expect(store.get(1)!.value).toEqual(taken);
    expect(store.rows.value).toEqual([]);
    expect(store.refused.value).toEqual({ id: 1, count: 1 });
  });

  it('rolls back what it cannot send', async () => {
    await show(anIncident());
    service.answers.unshift((method) =>
      method === 'PATCH' ? Promise.reject(new TypeError('offline')) : undefined,
    );
    expect(await store.change(1, { kind: 'take' })).toMatchObject({ outcome: 'refused', meanwhile: [] });
    expect([statusOf(1), store.rows.value]).toEqual(['NEW', [1]]);
  });

  it('sends nothing that is illegal by what it knows', async () => {
    await show(anIncident());
    expect(await store.change(1, { kind: 'close' })).toMatchObject({ outcome: 'refused' });
    expect(service.changes()).toEqual([]);
  });

  describe('a guarded command', () => {
    const unassigned = anIncident({ status: 'IN_PROGRESS', version: 3 });
    const answerWith = (current: Incident) => {
      service.answers.unshift((method, url) => {
        if (method !== 'PATCH') {
          if (url.startsWith('/api/v1/incidents/1/events')) return Response.json([anEvent({ seq: 4 })]);
          return url === '/api/v1/incidents/1' ? Response.json(current) : undefined;
        }
        const isCurrent = service.requests.at(-1)!.headers['If-Match'] === `"1-${current.version}"`;
        const isForced = service.requests.at(-1)!.headers['If-Match'] === undefined;
        if (!isCurrent && !isForced) return problem(412, 'incident.version-mismatch');
        return Response.json({ ...current, assignee: 'Anna', version: current.version + 1 });
      });
    };

    it('is sent again for a version that differs in other respects', async () => {
      await show(unassigned);
      answerWith({ ...unassigned, version: 4, description: 'More' });
      expect(await store.change(1, { kind: 'take' })).toMatchObject({ outcome: 'done' });
      const [first, second] = service.changes();
      expect([first!.headers['If-Match'], second!.headers['If-Match']]).toEqual(['"1-3"', '"1-4"']);
      // Another precondition is another request.
      expect(second!.headers['Idempotency-Key']).not.toBe(first!.headers['Idempotency-Key']);
    });

    it('is refused if somebody else has it by now, unless the person insists', async () => {
      await show(unassigned);
      answerWith({ ...unassigned, version: 4, assignee: 'Boris' });
      expect(await store.change(1, { kind: 'take' })).toMatchObject({
        outcome: 'refused',
        incident: { assignee: 'Boris' },
      });
      const handOver = { kind: 'hand_over', to: 'Anna' } as const;
      expect(await store.change(1, handOver, { isForced: true })).toMatchObject({ outcome: 'done' });
      expect(service.changes().at(-1)!.headers['If-Match']).toBeUndefined();
    });
  });

  it('sends the commands on one incident one after the other', async () => {
    await show(anIncident());
    const first = Promise.withResolvers<Response>();
    const answers = [
      first.promise,
      Promise.resolve(Response.json(anIncident({ status: 'RESOLVED', version: 3, assignee: 'Anna' }))),
    ];
    service.answers.unshift((method) => (method === 'PATCH' ? answers.shift() : undefined));
    const both = Promise.all([store.change(1, { kind: 'take' }), store.change(1, { kind: 'resolve' })]);
    expect(statusOf(1)).toBe('RESOLVED');
    await until(() => service.changes().length === 1);
    first.resolve(Response.json(anIncident({ status: 'IN_PROGRESS', version: 2, assignee: 'Anna' })));
    expect(await both).toMatchObject([{ outcome: 'done' }, { outcome: 'done' }]);
  });

  it('changes many, and returns the outcomes in their order', async () => {
    const ids = [1, 2, 3, 4, 5, 6];
    await show(...ids.map((id) => anIncident({ id })));
    service.answers.unshift((method, url) => {
      if (url === '/api/v1/incidents/99') return problem(404, 'incident.not-found');
      if (method !== 'PATCH') return undefined;
      const id = Number(url.split('/').at(-1));
      return id === 4
        ? problem(403, 'request.forbidden')
        : Response.json(anIncident({ id, status: 'IN_PROGRESS', version: 2 }));
    });
    const outcomes = await store.changeMany([...ids, 99], { kind: 'take' });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'done',
      'done',
      'done',
      'refused',
      'done',
      'done',
      'refused',
    ]);
  });

  describe('with events of the feed', () => {
    const reported = (id: number) =>
      anEvent({ type: 'reported', incident_id: id, seq: 1, text: `Report ${id}` });

    it('shows a new report without a request, and counts it', async () => {
      await show(anIncident());
      await until(() => store.counts.counts.value.untaken !== undefined);
      const requests = service.requests.length;
      store.apply([reported(2)]);
      expect(store.rows.value).toEqual([1, 2]);
      expect(store.counts.counts.value.untaken?.count).toBe(2);
      expect(service.requests).toHaveLength(requests);
    });

    it('removes what somebody else takes', async () => {
      await show(anIncident());
      store.apply([anEvent({ from: 'NEW', to: 'IN_PROGRESS', assignee: 'Boris', status: 'IN_PROGRESS' })]);
      expect(store.rows.value).toEqual([]);
    });

    it('keeps a command that is on its way', async () => {
      await show(anIncident());
      service.answers.unshift((method) => (method === 'PATCH' ? new Promise(() => {}) : undefined));
      void store.change(1, { kind: 'take' });
      store.apply([anEvent({ type: 'description_appended', text: 'More' })]);
      expect(store.get(1)!.value).toMatchObject({
        status: 'IN_PROGRESS',
        description: 'Scooter 42 is offline\nMore',
      });
    });

    it('applies those that arrive while the list is loading', async () => {
      const answer = Promise.withResolvers<Response>();
      service.answers.unshift((_, url) => (url.includes('limit=100') ? answer.promise : undefined));
      const shown = store.show({ tab: 'untaken', filters: {} });
      store.apply([
        anEvent({ from: 'NEW', to: 'IN_PROGRESS', assignee: 'Boris', status: 'IN_PROGRESS' }),
        reported(2),
      ]);
      answer.resolve(Response.json([anIncident()]));
      await shown;
      expect(store.rows.value).toEqual([2]);
    });

    it('fetches what an event does not say, once', async () => {
      await show(anIncident());
      service.answers.unshift((_, url) =>
        url === '/api/v1/incidents/1'
          ? Response.json(anIncident({ version: 6, description: 'Whole' }))
          : undefined,
      );
      store.apply([anEvent({ seq: 5 }), anEvent({ seq: 6 })]);
      await until(() => store.get(1)!.value.version === 6);
      expect(service.requests.filter(({ url }) => url === '/api/v1/incidents/1')).toHaveLength(1);
      expect(store.isWhole(1)).toBe(true);
    });

    it('loads the list again instead of fetching very many incidents', async () => {
      await show();
      service.answers.unshift((_, url) =>
        /\/incidents\/\d+$/.test(url) ? new Promise(() => {}) : undefined,
      );
      const reopened = Array.from({ length: 50 }, (_, i) =>
        anEvent({ type: 'unassigned', incident_id: 100 + i, seq: 4, status: 'IN_PROGRESS' }),
      );
      const lists = () => service.requests.filter(({ url }) => url.includes('limit=100')).length;
      const before = lists();
      store.apply(reopened);
      await until(() => lists() > before);
      expect(service.requests.filter(({ url }) => /\/incidents\/\d+$/.test(url)).length).toBeLessThanOrEqual(
        20,
      );
    });

    it('keeps as many incidents as the list and the page need, however many events come', async () => {
      await show();
      for (let id = 1; id <= 3_000; id++) {
        store.apply([
          reported(id),
          anEvent({
            incident_id: id,
            from: 'NEW',
            to: 'IN_PROGRESS',
            assignee: 'Boris',
            status: 'IN_PROGRESS',
          }),
        ]);
      }
      expect(store.rows.value).toEqual([]);
      expect(store.size).toBeLessThanOrEqual(200);
    });
  });

  it('reports an incident, and shows it', async () => {
    await show();
    service.answers.unshift((method) =>
      method === 'POST' ? Response.json(anIncident({ id: 7 }), { status: 201 }) : undefined,
    );
    expect(await store.report({ description: 'x', source: 'operator' }, 'a-key')).toBe(7);
    expect(store.rows.value).toEqual([7]);
    expect(service.requests.at(-1)!.headers['Idempotency-Key']).toBe('a-key');
  });
});

it.each([
  [null, undefined],
  ['</api/v1/incidents?limit=1>; rel="first"', undefined],
  ['</api/v1/incidents>; rel="first", </api/v1/incidents?q=a&cursor=x%2By>; rel="next"', 'x+y'],
])('the cursor in the Link header %s is %s', (link, cursor) => {
  expect(nextCursor(link)).toBe(cursor);
});

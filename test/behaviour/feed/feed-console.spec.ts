import { applyEvent } from '../../../console/src/incidents/apply-event.js';
import { aLiveClient, type LiveClient } from '../../support/live-client.js';
import { anNginx, hasNginx, type Nginx } from '../../support/nginx.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('the live events of the console', () => {
  let service: Service;
  let nginx: Nginx | undefined;
  const clients: LiveClient[] = [];

  const open = async (url = service.url, key?: string) => {
    const client = await aLiveClient(url, key);
    clients.push(client);
    await untilLive(client);
    return client;
  };
  const untilLive = ({ live }: LiveClient) => until(() => live.connection.value.state === 'live');
  const report = async (json: Record<string, unknown> = {}) => (await service.report(json)).body.id as number;
  const has = ({ received }: LiveClient, id: string) => received.some((event) => event.id === id);
  const idsOf = ({ received }: LiveClient) => received.map(({ id }) => id);

  beforeAll(async () => {
    service = await startService();
    if (hasNginx) nginx = await anNginx(service.url);
  });
  afterEach(() => clients.splice(0).forEach(({ live }) => live.stop()));
  afterAll(async () => {
    await nginx?.stop();
    await service.stop();
  });

  const ways = [['directly', () => service.url]] as [string, () => string][];
  if (hasNginx) ways.push(['through nginx with the configuration of Debian', () => nginx!.url]);

  it.each(ways)('reach two browsers, %s', async (_way, url) => {
    const both = [await open(url()), await open(url())];
    for (let n = 0; n < 5; n++) {
      const id = await report();
      await until(() => both.every((client) => has(client, `${id}-1`)));
    }
    expect(idsOf(both[0]!)).toEqual(idsOf(both[1]!));
  });

  it.each(ways)('miss nothing while the network is lost, %s', async (_way, url) => {
    const [lost, other] = [await open(url()), await open(url())];
    const ids = [await report()];
    await until(() => has(lost, `${ids[0]}-1`));
    lost.disconnect();
    await until(() => lost.live.connection.value.state === 'offline');
    ids.push(await report(), await report());
    await until(() => has(other, `${ids[2]}-1`));
    lost.connect();
    lost.live.wake();
    await untilLive(lost);
    ids.push(await report());
    await until(() => has(lost, `${ids[3]}-1`));
    expect(idsOf(lost)).toEqual(ids.map((id) => `${id}-1`));
    expect(lost.resets()).toBe(0);
  });

  it('miss nothing between the list and the stream: what the list has not, arrives', async () => {
    const reporting = Promise.all(Array.from({ length: 30 }, () => report()));
    const client = await open();
    const { body } = await client.api.get('/api/v1/incidents', { query: { limit: 100 } });
    const ids = await reporting;
    const listed = new Set(body.map(({ id }) => id));
    await until(() => ids.every((id) => listed.has(id) || has(client, `${id}-1`)));
  });

  it('reset when the feed begins a new epoch, as after a restore', async () => {
    const client = await open();
    await service.database.query('UPDATE feed_state SET epoch = epoch + 1');
    await until(() => client.resets() > 0);
    const id = await report();
    await until(() => has(client, `${id}-1`));
    expect(client.resets()).toBe(1);
  });

  it('end as signed out when the key is revoked, and ask no more', async () => {
    const { body } = await service.request('POST', '/api/v1/keys', {
      json: { name: 'revoked', role: 'operator' },
    });
    const client = await open(service.url, body.secret as string);
    await service.request('POST', `/api/v1/keys/${body.id}/revoke`);
    await until(() => client.live.connection.value.state === 'signed-out');
    expect(client.live.connection.value).toHaveProperty('since', expect.any(Date));
  });

  it('tell of every change, so that the page shows what the service has', async () => {
    const client = await open();
    const original = await report();
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, n) => report({ urgent: n % 2 === 0, dedup_key: `k${n}` })),
    );
    const changes: [n: number, change: Record<string, unknown>][] = [
      [0, { status: 'IN_PROGRESS' }],
      [0, { description_append: 'Анна смотрит' }],
      [0, { status: 'RESOLVED' }],
      [0, { status: 'CLOSED', description_append: 'готово' }],
      [1, { assignee: 'Борис' }],
      [1, { assignee: 'Вера', urgent: true }],
      [1, { assignee: null }],
      [2, { status: 'CLOSED', via: 'shortest' }],
      [3, { status: 'RESOLVED', via: 'shortest', urgent: true }],
      [3, { status: 'IN_PROGRESS' }],
      [4, { duplicate_of: original }],
      [5, { status: 'RESOLVED', via: 'shortest' }],
    ];
    for (const [n, change] of changes) {
      const { status } = await service.patch(`/api/v1/incidents/${ids[n]}`, change);
      expect(status).toBe(200);
    }
    // Duplicates: of an open incident, and of one that is resolved and opens again.
    for (const n of [5, 6]) await report({ dedup_key: `k${n}` });
    const expected = await Promise.all(
      ids.map(async (id) => (await service.get(`/api/v1/incidents/${id}`)).body),
    );
    await until(() => expected.every(({ id, version }) => has(client, `${id}-${version}`)));
    for (const incident of expected) {
      const events = client.received.filter((event) => event.incident_id === incident.id);
      // A second time, as after a list that had some of them already.
      const shown = [...events, ...events].reduce(
        (state, event) => applyEvent(state, event as never) ?? state,
        undefined as ReturnType<typeof applyEvent>,
      );
      // What an event does not tell, lists do not show.
      expect({ ...shown, dedup_key: incident.dedup_key }).toEqual(incident);
    }
    const linked = client.received.find(({ type }) => type === 'duplicate_linked')!;
    const before = (await service.get(`/api/v1/incidents/${original}`)).body;
    expect(applyEvent({ ...before, version: linked.seq - 1 }, linked as never)).toBeUndefined();
  });
});

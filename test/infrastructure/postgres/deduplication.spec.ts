import { createHash, randomUUID } from 'node:crypto';
import { InvalidText } from '../../../src/domain/incident/incident-errors.js';
import type { Report } from '../../../src/domain/incident/incident-state.js';
import type { IncidentStatus } from '../../../src/domain/incident/incident-status.js';
import { later, NOON } from '../../support/builders.js';
import { type IncidentStore, INCIDENT_STORES } from '../../support/incident-stores.js';

describe.each(INCIDENT_STORES)('reports with a deduplication key, $name', ({ open }) => {
  let store: IncidentStore;
  beforeAll(async () => (store = await open()));
  afterAll(() => store.close());

  const reportOf = (dedupKey: string, description = 'Диск полон', at = NOON) =>
    ({ description, source: 'monitoring', dedupKey, actor: 'probe', channel: 'rest', at }) satisfies Report;
  const addReport = (dedupKey: string, description = 'Диск полон', at = NOON, key?: string) =>
    store.repository.addOrMerge(
      reportOf(dedupKey, description, at),
      (incident) => incident.countDuplicate(description, { actor: 'probe', channel: 'rest', at }),
      key === undefined
        ? undefined
        : { scope: 'POST', key, fingerprint: createHash('sha256').update(description).digest() },
    );
  const move = async (id: number, ...to: IncidentStatus[]) => {
    for (const status of to) {
      await store.repository.change(id, (incident) =>
        incident.moveTo(status, { actor: 'ann', channel: 'rest', at: later(1) }),
      );
    }
  };
  const eventsOf = async (id: number) => (await store.history.page(id, 0, 200))!.events;

  it('create one incident, which counts them and stores each text', async () => {
    const key = randomUUID();
    const first = await addReport(key);
    const second = await addReport(key, 'Диск всё ещё полон', later(5));
    expect(first.incident.state).toMatchObject({
      version: 1,
      dedupKey: key,
      occurrences: 1,
      lastSeenAt: NOON,
    });
    expect(second.incident.state).toMatchObject({
      id: first.incident.id,
      description: 'Диск полон',
      status: 'NEW',
      version: 2,
      occurrences: 2,
      lastSeenAt: later(5),
      updatedAt: later(5),
    });
    expect((await store.repository.find(first.incident.id))?.state).toEqual(second.incident.state);
    expect((await eventsOf(first.incident.id)).slice(1)).toEqual([
      {
        seq: 2,
        type: 'duplicate_reported',
        at: later(5),
        actor: 'probe',
        channel: 'rest',
        text: 'Диск всё ещё полон',
      },
    ]);
  });

  it('reopen a resolved incident', async () => {
    const key = randomUUID();
    const { id } = (await addReport(key)).incident;
    await move(id, 'IN_PROGRESS', 'RESOLVED');
    const again = await addReport(key, 'Снова', later(9));
    expect(again.incident.state).toMatchObject({ id, status: 'IN_PROGRESS', occurrences: 2, version: 4 });
    expect((await eventsOf(id)).at(-1)).toEqual({
      seq: 4,
      type: 'reopened',
      at: later(9),
      actor: 'probe',
      channel: 'rest',
      from: 'RESOLVED',
      to: 'IN_PROGRESS',
      text: 'Снова',
    });
  });

  it('create a new incident once the first is closed, with the id of the previous one', async () => {
    const key = randomUUID();
    const { id } = (await addReport(key)).incident;
    await move(id, 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
    const next = await addReport(key, 'Опять');
    expect(next.incident.state).toMatchObject({ status: 'NEW', version: 1, occurrences: 1, previousId: id });
    expect((await store.repository.find(id))?.state).toMatchObject({ status: 'CLOSED', occurrences: 1 });
    expect((await store.repository.find(next.incident.id))?.state).toEqual(next.incident.state);
  });

  it('are all counted in one incident when they arrive concurrently', async () => {
    const keys = Array.from({ length: 3 }, () => randomUUID());
    const all = await Promise.all(
      Array.from({ length: 300 }, (_, i) => addReport(keys[i % 3]!, `report ${i}`, later(i))),
    );
    expect(new Set(all.map(({ incident }) => incident.id)).size).toBe(3);
    for (const key of keys) {
      const { id } = all.find(({ incident }) => incident.state.dedupKey === key)!.incident;
      expect((await store.repository.find(id))?.state).toMatchObject({ occurrences: 100, version: 100 });
      const texts = (await eventsOf(id)).map((event) => ('text' in event ? event.text : ''));
      expect(new Set(texts).size).toBe(100);
    }
  });

  it('count once per idempotency key, and a replay gets the incident as it was then', async () => {
    const key = randomUUID();
    const first = await addReport(key, 'a', NOON, `${key}-1`);
    const second = await addReport(key, 'b', later(1), `${key}-2`);
    await addReport(key, 'c', later(2), `${key}-3`);
    const firstAgain = await addReport(key, 'a', later(3), `${key}-1`);
    const secondAgain = await addReport(key, 'b', later(4), `${key}-2`);
    expect([firstAgain.isReplay, secondAgain.isReplay]).toEqual([true, true]);
    expect(firstAgain.incident.state).toEqual(first.incident.state);
    expect(secondAgain.incident.state).toEqual(second.incident.state);
    expect((await store.repository.find(first.incident.id))?.state.occurrences).toBe(3);
  });

  it('change nothing when a report is invalid', async () => {
    const key = randomUUID();
    const { id } = (await addReport(key)).incident;
    const rejected = store.repository.addOrMerge(reportOf(key), (incident) =>
      incident.countDuplicate('\u0000', { actor: 'probe', channel: 'rest', at: NOON }),
    );
    await expect(rejected).rejects.toThrow(InvalidText);
    expect((await store.repository.find(id))?.state.occurrences).toBe(1);
  });

  it('are listed by their key, newest first, with an exact total', async () => {
    const key = randomUUID();
    const { id } = (await addReport(key)).incident;
    await move(id, 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
    const { id: second } = (await addReport(key, 'b', later(1))).incident;
    const page = async (query: object) => {
      const { incidents, total } = await store.list.page({
        dedupKey: key,
        order: 'newest-first',
        limit: 10,
        start: { offset: 0 },
        ...query,
      });
      return { ids: incidents.map((incident) => incident.id), total };
    };
    expect(await page({})).toEqual({ ids: [second, id], total: 2 });
    expect(await page({ statuses: ['CLOSED'] })).toEqual({ ids: [id], total: 1 });
    expect(await page({ dedupKey: 'none' })).toEqual({ ids: [], total: 0 });
  });

  it('are found by the description of the incident, not by the texts of duplicates', async () => {
    const [key, word] = [randomUUID(), randomUUID()];
    await addReport(key, 'first');
    await addReport(key, word, later(1));
    const query = { order: 'newest-first', limit: 10, start: { offset: 0 }, text: word } as const;
    expect((await store.list.page(query)).total).toBe(0);
  });

  it('let a change find the open incident of their key, if there is one', async () => {
    const key = randomUUID();
    const resolve = (idempotencyKey?: string) =>
      store.repository.changeOpenByDedupKey(
        { channel: 'rest', dedupKey: key },
        (incident) => {
          if (incident.status === 'NEW') incident.moveTo('IN_PROGRESS', ANN);
          if (incident.status === 'IN_PROGRESS') incident.moveTo('RESOLVED', ANN);
        },
        idempotencyKey === undefined
          ? undefined
          : { scope: 'resolve', key: idempotencyKey, fingerprint: Buffer.alloc(32) },
      );
    expect(await resolve()).toBeUndefined();
    const { incident } = await addReport(key);
    expect((await resolve('first'))?.incident.state).toMatchObject({ id: incident.id, status: 'RESOLVED' });
    expect((await resolve())?.incident.version).toBe(3);
    await addReport(key);
    expect(await resolve('first')).toMatchObject({ isReplay: true, incident: { status: 'RESOLVED' } });
    expect((await store.repository.find(incident.id))?.status).toBe('IN_PROGRESS');
    await resolve();
    await move(incident.id, 'CLOSED');
    expect(await resolve()).toBeUndefined();
    expect(await eventsOf(incident.id)).toHaveLength(6);
  });

  it('are found by the idempotency key of the request that created them', async () => {
    const { incident } = await addReport(randomUUID(), 'Диск полон', NOON, 'sought');
    await move(incident.id, 'IN_PROGRESS');
    const find = (scope: string, key: string) => store.repository.findByRequest({ scope, key });
    expect((await find('POST', 'sought'))?.state).toMatchObject({ id: incident.id, status: 'IN_PROGRESS' });
    expect(await find('PATCH', 'sought')).toBeUndefined();
    expect(await find('POST', 'never')).toBeUndefined();
  });
});

const ANN = { actor: 'ann', channel: 'rest', at: later(2) } as const;

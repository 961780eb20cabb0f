import { createHash, randomUUID } from 'node:crypto';
import { InvalidText } from '../../../src/domain/incident/incident-errors.js';
import type { Report } from '../../../src/domain/incident/incident.js';
import { IncidentStateMachine } from '../../../src/domain/incident/incident-state-machine.js';
import type { IncidentStatus } from '../../../src/domain/incident/incident-status.js';
import { later, NOON } from '../../support/builders.js';
import { type Register, REGISTERS } from '../../support/registers.js';

const stateMachine = new IncidentStateMachine();

describe.each(REGISTERS)('reports with a deduplication key, $name', ({ open }) => {
  let register: Register;
  beforeAll(async () => (register = await open()));
  afterAll(() => register.close());

  const reportOf = (dedupKey: string, description = 'Диск полон', at = NOON) =>
    ({ description, source: 'monitoring', dedupKey, actor: 'probe', channel: 'rest', at }) satisfies Report;
  const tell = (dedupKey: string, description = 'Диск полон', at = NOON, key?: string) =>
    register.repository.addOrMerge(
      reportOf(dedupKey, description, at),
      (incident) => stateMachine.repeat(incident, description, { actor: 'probe', channel: 'rest', at }),
      key === undefined
        ? undefined
        : { scope: 'POST', key, fingerprint: createHash('sha256').update(description).digest() },
    );
  const move = async (id: number, ...to: IncidentStatus[]) => {
    for (const status of to) {
      await register.repository.change(id, (incident) =>
        stateMachine.move(incident, status, { actor: 'ann', channel: 'rest', at: later(1) }),
      );
    }
  };
  const eventsOf = async (id: number) => (await register.history.page(id, 0, 200))!.events;

  it('make one incident, which counts them and keeps each text', async () => {
    const key = randomUUID();
    const first = await tell(key);
    const second = await tell(key, 'Диск всё ещё полон', later(5));
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
    expect((await register.repository.find(first.incident.id))?.state).toEqual(second.incident.state);
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

  it('bring back what was taken for solved', async () => {
    const key = randomUUID();
    const { id } = (await tell(key)).incident;
    await move(id, 'IN_PROGRESS', 'RESOLVED');
    const again = await tell(key, 'Снова', later(9));
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

  it('make another incident once the first is closed, which knows the one before', async () => {
    const key = randomUUID();
    const { id } = (await tell(key)).incident;
    await move(id, 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
    const next = await tell(key, 'Опять');
    expect(next.incident.state).toMatchObject({ status: 'NEW', version: 1, occurrences: 1, previousId: id });
    expect((await register.repository.find(id))?.state).toMatchObject({ status: 'CLOSED', occurrences: 1 });
    expect((await register.repository.find(next.incident.id))?.state).toEqual(next.incident.state);
  });

  it('are one incident when they come at once, each counted', async () => {
    const keys = Array.from({ length: 3 }, () => randomUUID());
    const all = await Promise.all(
      Array.from({ length: 300 }, (_, i) => tell(keys[i % 3]!, `report ${i}`, later(i))),
    );
    expect(new Set(all.map(({ incident }) => incident.id)).size).toBe(3);
    for (const key of keys) {
      const { id } = all.find(({ incident }) => incident.dedupKey === key)!.incident;
      expect((await register.repository.find(id))?.state).toMatchObject({ occurrences: 100, version: 100 });
      const texts = (await eventsOf(id)).map((event) => ('text' in event ? event.text : ''));
      expect(new Set(texts).size).toBe(100);
    }
  });

  it('count once for each idempotency key, and a repeat gets the incident as it was then', async () => {
    const key = randomUUID();
    const first = await tell(key, 'a', NOON, `${key}-1`);
    const second = await tell(key, 'b', later(1), `${key}-2`);
    await tell(key, 'c', later(2), `${key}-3`);
    const firstAgain = await tell(key, 'a', later(3), `${key}-1`);
    const secondAgain = await tell(key, 'b', later(4), `${key}-2`);
    expect([firstAgain.isReplay, secondAgain.isReplay]).toEqual([true, true]);
    expect(firstAgain.incident.state).toEqual(first.incident.state);
    expect(secondAgain.incident.state).toEqual(second.incident.state);
    expect((await register.repository.find(first.incident.id))?.occurrences).toBe(3);
  });

  it('keep nothing of a report that is not fit', async () => {
    const key = randomUUID();
    const { id } = (await tell(key)).incident;
    const refused = register.repository.addOrMerge(reportOf(key), (incident) =>
      stateMachine.repeat(incident, '\u0000', { actor: 'probe', channel: 'rest', at: NOON }),
    );
    await expect(refused).rejects.toThrow(InvalidText);
    expect((await register.repository.find(id))?.occurrences).toBe(1);
  });

  it('are listed by their key, newest first, with an exact total', async () => {
    const key = randomUUID();
    const { id } = (await tell(key)).incident;
    await move(id, 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
    const { id: second } = (await tell(key, 'b', later(1))).incident;
    const page = async (query: object) => {
      const { incidents, total } = await register.list.page({
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

  it('are found by their descriptions alone, not by what was repeated', async () => {
    const [key, word] = [randomUUID(), randomUUID()];
    await tell(key, 'first');
    await tell(key, word, later(1));
    const query = { order: 'newest-first', limit: 10, start: { offset: 0 }, text: word } as const;
    expect((await register.list.page(query)).total).toBe(0);
  });

  it('are what the open incident of a key is changed by, where there is one', async () => {
    const key = randomUUID();
    const resolve = (idempotencyKey?: string) =>
      register.repository.changeOpenByDedupKey(
        { channel: 'rest', dedupKey: key },
        (incident) => {
          if (incident.status === 'NEW') stateMachine.move(incident, 'IN_PROGRESS', ANN);
          if (incident.status === 'IN_PROGRESS') stateMachine.move(incident, 'RESOLVED', ANN);
        },
        idempotencyKey === undefined
          ? undefined
          : { scope: 'resolve', key: idempotencyKey, fingerprint: Buffer.alloc(32) },
      );
    expect(await resolve()).toBeUndefined();
    const { incident } = await tell(key);
    expect((await resolve('first'))?.incident.state).toMatchObject({ id: incident.id, status: 'RESOLVED' });
    expect((await resolve())?.incident.version).toBe(3);
    await tell(key);
    expect(await resolve('first')).toMatchObject({ isReplay: true, incident: { status: 'RESOLVED' } });
    expect((await register.repository.find(incident.id))?.status).toBe('IN_PROGRESS');
    await resolve();
    await move(incident.id, 'CLOSED');
    expect(await resolve()).toBeUndefined();
    expect(await eventsOf(incident.id)).toHaveLength(6);
  });

  it('are found by the request that has made them', async () => {
    const { incident } = await tell(randomUUID(), 'Диск полон', NOON, 'sought');
    await move(incident.id, 'IN_PROGRESS');
    const find = (scope: string, key: string) => register.repository.findByRequest({ scope, key });
    expect((await find('POST', 'sought'))?.state).toMatchObject({ id: incident.id, status: 'IN_PROGRESS' });
    expect(await find('PATCH', 'sought')).toBeUndefined();
    expect(await find('POST', 'never')).toBeUndefined();
  });
});

const ANN = { actor: 'ann', channel: 'rest', at: later(2) } as const;

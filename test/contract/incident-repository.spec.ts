import { createHash } from 'node:crypto';
import { jest } from '@jest/globals';
import {
  type IdempotencyKey,
  IdempotencyKeyReused,
  ReplayedError,
} from '../../src/domain/incident/idempotency.js';
import {
  AlreadyDuplicate,
  IllegalTransition,
  InvalidText,
} from '../../src/domain/incident/incident-errors.js';
import { Database } from '../../src/infrastructure/postgres/connection/database.js';
import type { Incident } from '../../src/domain/incident/incident.js';
import { later, NOON } from '../support/builders.js';
import { type IncidentStore, INCIDENT_STORES } from '../support/incident-stores.js';

const report = {
  description: 'Касса не отвечает',
  source: 'partner',
  actor: 'shop',
  channel: 'rest',
  at: NOON,
} as const;
describe.each(INCIDENT_STORES)('an incident repository $name', ({ open }) => {
  let store: IncidentStore;
  beforeAll(async () => (store = await open()));
  afterAll(() => store.close());

  it('stores a report as a NEW incident with an id', async () => {
    const { incident } = await store.repository.add(report);
    expect(incident.state).toEqual({
      id: expect.any(Number),
      description: 'Касса не отвечает',
      status: 'NEW',
      source: 'partner',
      channel: 'rest',
      version: 1,
      createdAt: NOON,
      updatedAt: NOON,
      occurrences: 1,
      lastSeenAt: NOON,
      urgent: false,
    });
    expect((await store.repository.find(incident.id))?.state).toEqual(incident.state);
  });

  it('stores the urgency and the origin of a report', async () => {
    const { incident } = await store.repository.add({ ...report, urgent: true, origin: 'tg:-100:7' });
    expect(incident.state).toMatchObject({ urgent: true, origin: 'tg:-100:7' });
    expect((await store.repository.find(incident.id))?.state).toEqual(incident.state);
    expect((await store.history.page(incident.id, 0, 10))?.events).toMatchObject([{ urgent: true }]);
  });

  it('stores who is assigned, how urgent it is, and when it ended', async () => {
    const at = (ms: number) => ({ actor: 'anna', channel: 'rest', at: later(ms) });
    const { id } = (await store.repository.add(report)).incident;
    const change = async (act: (incident: Incident) => void) => {
      const changed = (await store.repository.change(id, act))!.incident.state;
      expect((await store.repository.find(id))?.state).toEqual(changed);
      return changed;
    };
    const taken = { status: 'IN_PROGRESS', assignee: 'anna', takenAt: later(1) };
    expect(await change((incident) => incident.moveTo('IN_PROGRESS', at(1)))).toMatchObject(taken);
    await change((incident) => incident.assignTo('boris', at(2)));
    await change((incident) => incident.release(at(3)));
    await change((incident) => incident.setUrgent(true, at(4)));
    await change((incident) => incident.moveTo('CLOSED', at(5), 'shortest'));
    const ended = { urgent: true, takenAt: later(1), resolvedAt: later(5), closedAt: later(5) };
    expect((await store.repository.find(id))?.state).toMatchObject(ended);
    expect((await store.history.page(id, 1, 10))?.events).toMatchObject([
      { type: 'status_changed', assignee: 'anna' },
      { type: 'assigned', assignee: 'boris' },
      { type: 'unassigned' },
      { type: 'urgency_changed', urgent: true },
      { type: 'status_changed', to: 'RESOLVED' },
      { type: 'status_changed', to: 'CLOSED' },
    ]);
  });

  describe('with an incident and the original of another one', () => {
    const by = (ms: number) => ({ actor: 'anna', channel: 'rest', at: later(ms) });
    const add = async () => (await store.repository.add(report)).incident.id;
    const mark = (id: number, duplicateOf: number, idempotency?: IdempotencyKey) =>
      store.repository.changeWithOriginal(
        { id, duplicateOf },
        (incident, original) => incident.markAsDuplicateOf(original!, by(1)),
        idempotency,
      );
    const stateOf = async (id: number) => (await store.repository.find(id))!.state;

    it('stores the changes and the events of both', async () => {
      const [original, duplicate] = [await add(), await add()];
      const { incident } = (await mark(duplicate, original))!;
      expect(incident.state).toMatchObject({ id: duplicate, status: 'CLOSED', duplicateOf: original });
      expect(await stateOf(duplicate)).toEqual(incident.state);
      expect(await stateOf(original)).toMatchObject({ status: 'NEW', occurrences: 2, version: 2 });
      expect((await store.history.page(duplicate, 1, 1))?.events).toMatchObject([
        { type: 'marked_as_duplicate', duplicateOf: original },
      ]);
      expect((await store.history.page(original, 1, 10))?.events).toEqual([
        { type: 'duplicate_linked', seq: 2, duplicateId: duplicate, ...by(1) },
      ]);
      const listed = await store.list.page({
        duplicateOf: original,
        order: 'newest-first',
        limit: 10,
        start: { offset: 0 },
      });
      expect(listed.incidents.map(({ id }) => id)).toEqual([duplicate]);
      expect(listed.total).toBe(1);
    });

    it('passes the end of a chain of duplicates as the original', async () => {
      const [first, second, third, last] = [await add(), await add(), await add(), await add()];
      await mark(second, first);
      await mark(first, third);
      await mark(last, second);
      expect(await stateOf(last)).toMatchObject({ duplicateOf: third });
      expect(await stateOf(third)).toMatchObject({ occurrences: 4 });
    });

    it('passes the incident itself where the chain ends there, and undefined where there is none', async () => {
      const [original, duplicate] = [await add(), await add()];
      await mark(duplicate, original);
      const seen: (Incident | undefined)[][] = [];
      const see = (duplicateOf: number) =>
        store.repository.changeWithOriginal({ id: original, duplicateOf }, (...both) => void seen.push(both));
      await see(duplicate);
      await see(Number.MAX_SAFE_INTEGER);
      expect(seen[0]![1]).toBe(seen[0]![0]);
      expect(seen[1]).toEqual([expect.anything(), undefined]);
    });

    it('resolves with undefined, without a call, for an unknown incident', async () => {
      const act = jest.fn();
      const ids = { id: Number.MAX_SAFE_INTEGER, duplicateOf: await add() };
      expect(await store.repository.changeWithOriginal(ids, act)).toBeUndefined();
      expect(act).not.toHaveBeenCalled();
    });

    it('stores nothing of either if the change throws', async () => {
      const [original, duplicate] = [await add(), await add()];
      const change = store.repository.changeWithOriginal({ id: duplicate, duplicateOf: original }, (a, b) => {
        a.markAsDuplicateOf(b!, by(1));
        throw new Error('no');
      });
      await expect(change).rejects.toThrow('no');
      expect(await stateOf(duplicate)).toMatchObject({ status: 'NEW', version: 1 });
      expect(await stateOf(original)).toMatchObject({ occurrences: 1, version: 1 });
    });

    it('takes effect once with an idempotency key, and replays the state after it', async () => {
      const [original, duplicate] = [await add(), await add()];
      const key = { scope: 'duplicates', key: `${duplicate}`, fingerprint: Buffer.alloc(32) };
      const first = (await mark(duplicate, original, key))!;
      await store.repository.change(duplicate, (incident) => incident.append('more', by(2)));
      const replays = await Promise.all([1, 2, 3].map(() => mark(duplicate, original, key)));
      for (const replay of replays) {
        expect(replay).toMatchObject({ isReplay: true });
        expect(replay!.incident.state).toEqual(first.incident.state);
      }
      expect(await stateOf(original)).toMatchObject({ occurrences: 2 });
    });

    it('replays a rejection', async () => {
      const [original, other, duplicate] = [await add(), await add(), await add()];
      await mark(duplicate, other);
      const key = { scope: 'duplicates', key: `rejected-${duplicate}`, fingerprint: Buffer.alloc(32) };
      await expect(mark(duplicate, original, key)).rejects.toThrow(AlreadyDuplicate);
      await expect(mark(duplicate, original, key)).rejects.toThrow(ReplayedError);
    });

    it('counts every duplicate of concurrent ones, while both incidents change otherwise', async () => {
      const original = await add();
      const duplicates = await Promise.all(Array.from({ length: 20 }, add));
      await Promise.all([
        ...duplicates.map((id) => mark(id, original)),
        ...[original, ...duplicates].map((id) =>
          store.repository.change(id, (incident) => incident.append('meanwhile', by(1))),
        ),
      ]);
      expect(await stateOf(original)).toMatchObject({ occurrences: 21, version: 22 });
      for (const id of duplicates) {
        expect(await stateOf(id)).toMatchObject({ status: 'CLOSED', duplicateOf: original, version: 6 });
      }
    });

    it('never makes a cycle of concurrent requests', async () => {
      const ids = await Promise.all(Array.from({ length: 6 }, add));
      const pairs = ids.flatMap((id) => ids.map((other) => [id, other] as const));
      await Promise.allSettled(pairs.map(([id, other]) => mark(id, other)));
      const states = await Promise.all(ids.map(stateOf));
      const originals = states.filter(({ duplicateOf }) => duplicateOf === undefined);
      expect(originals).toMatchObject([{ occurrences: 6, status: 'NEW' }]);
    });
  });

  it('never assigns an id twice', async () => {
    const incidents = await Promise.all(Array.from({ length: 50 }, () => store.repository.add(report)));
    expect(new Set(incidents.map(({ incident }) => incident.id)).size).toBe(50);
  });

  it('finds no incident with an unknown id', async () => {
    expect(await store.repository.find(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('stores a change and its events', async () => {
    const { id } = (await store.repository.add(report)).incident;
    const changed = await store.repository.change(id, (incident) => {
      incident.moveTo('IN_PROGRESS', { actor: 'mechanic', channel: 'rest', at: later(1) });
      incident.append('еду', { actor: 'mechanic', channel: 'rest', at: later(2) });
    });
    expect(changed?.incident.state).toMatchObject({ status: 'IN_PROGRESS', version: 3, updatedAt: later(2) });
    expect((await store.repository.find(id))?.state).toEqual(changed?.incident.state);
    expect((await store.history.page(id, 1, 10))?.events).toEqual([
      {
        seq: 2,
        type: 'status_changed',
        at: later(1),
        actor: 'mechanic',
        channel: 'rest',
        from: 'NEW',
        to: 'IN_PROGRESS',
        assignee: 'mechanic',
      },
      { seq: 3, type: 'description_appended', at: later(2), actor: 'mechanic', channel: 'rest', text: 'еду' },
    ]);
  });

  it('stores nothing of a change that throws, and rethrows its error', async () => {
    const { incident: added } = await store.repository.add(report);
    const change = store.repository.change(added.id, (incident) => {
      incident.append('lost', { actor: 'a', channel: 'rest', at: later(1) });
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect((await store.repository.find(added.id))?.state).toEqual(added.state);
    expect((await store.history.page(added.id, 0, 10))?.events).toHaveLength(1);
  });

  it('does not call a change for an unknown incident', async () => {
    const act = jest.fn();
    expect(await store.repository.change(Number.MAX_SAFE_INTEGER, act)).toBeUndefined();
    expect(act).not.toHaveBeenCalled();
  });

  it('applies concurrent changes of one incident one after the other', async () => {
    const { id } = (await store.repository.add(report)).incident;
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        store.repository.change(id, (incident) =>
          incident.append(`line ${i}`, { actor: 'a', channel: 'rest', at: later(i) }),
        ),
      ),
    );
    const incident = await store.repository.find(id);
    expect(incident?.version).toBe(41);
    expect(incident?.description.split('\n').toSorted()).toEqual(
      ['Касса не отвечает', ...Array.from({ length: 40 }, (_, i) => `line ${i}`)].toSorted(),
    );
  });

  it.each([
    '\u{1F6F4}\u{1F6F4}',
    'e\u0301 é',
    '\u202Ertl',
    'a\r\nb\tc',
    ' leading and trailing ',
    '\uFEFFbom',
    "'; --",
  ])('stores the text %j without changing a code point', async (description) => {
    const { id } = (await store.repository.add({ ...report, description })).incident;
    expect((await store.repository.find(id))?.description).toBe(description);
  });

  describe('with idempotency keys', () => {
    let keys = 0;
    const aKey = (of = 'a'): IdempotencyKey => ({
      scope: 'here',
      key: `key-${++keys}`,
      fingerprint: createHash('sha256').update(of).digest(),
    });
    const append = (text: string) => (incident: Incident) =>
      incident.append(text, { actor: 'a', channel: 'rest', at: later(1) });
    const illegal = (incident: Incident) =>
      incident.moveTo('CLOSED', { actor: 'a', channel: 'rest', at: later(1) });
    const historyOf = async (id: number) => (await store.history.page(id, 0, 100))!.events;

    it('adds once, and returns the original incident to a replay', async () => {
      const key = aKey();
      const first = await store.repository.add(report, key);
      expect(first.isReplay).toBe(false);
      await store.repository.change(first.incident.id, append('later'));
      const again = await store.repository.add({ ...report, at: later(5) }, key);
      expect(again.isReplay).toBe(true);
      expect(again.incident.state).toEqual(first.incident.state);
    });

    it('applies a change once with few statements when 100 replays arrive concurrently', async () => {
      const { id } = (await store.repository.add(report)).incident;
      const key = aKey();
      const statements = jest.spyOn(Database.prototype, 'query');
      const results = await Promise.all(
        Array.from({ length: 100 }, () => store.repository.change(id, append('b'), key)),
      );
      const { length } = statements.mock.calls;
      statements.mockRestore();
      expect(results.filter((result) => !result!.isReplay)).toHaveLength(1);
      expect(new Set(results.map((result) => result!.incident.version))).toEqual(new Set([2]));
      expect(length).toBeLessThan(20);
    });

    it('adds once when replays arrive concurrently with other reports', async () => {
      const key = aKey();
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, i) => store.repository.add(report, i % 2 === 0 ? key : aKey())),
      );
      const same = results.filter((_, i) => i % 2 === 0);
      expect(new Set(same.map(({ incident }) => incident.id)).size).toBe(1);
      expect(same.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
      expect(new Set(results.map(({ incident }) => incident.id)).size).toBe(21);
    });

    it('applies a change once, and returns the incident after the change to a replay', async () => {
      const { incident } = await store.repository.add(report);
      const key = aKey();
      const first = await store.repository.change(incident.id, append('once'), key);
      await store.repository.change(incident.id, append('another'));
      const again = await store.repository.change(incident.id, append('once'), key);
      expect(first?.isReplay).toBe(false);
      expect(again?.isReplay).toBe(true);
      expect(again?.incident.state).toEqual(first?.incident.state);
      expect(await historyOf(incident.id)).toHaveLength(3);
    });

    it('applies a change once when replays arrive concurrently with other changes', async () => {
      const { incident } = await store.repository.add(report);
      const key = aKey();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          store.repository.change(
            incident.id,
            append(i % 2 === 0 ? 'same' : `other ${i}`),
            i % 2 === 0 ? key : undefined,
          ),
        ),
      );
      expect(results.filter((result) => result?.isReplay)).toHaveLength(9);
      expect(
        (await historyOf(incident.id)).filter((event) => 'text' in event && event.text === 'same'),
      ).toHaveLength(1);
    });

    it('replays a rejection, even if the change would be legal by now', async () => {
      const { id } = (await store.repository.add(report)).incident;
      const key = aKey();
      const rejected = store.repository.change(id, illegal, key);
      await expect(rejected).rejects.toThrow(IllegalTransition);
      await store.repository.change(id, (incident) => {
        incident.moveTo('IN_PROGRESS', { actor: 'a', channel: 'rest', at: later(1) });
        incident.moveTo('RESOLVED', { actor: 'a', channel: 'rest', at: later(1) });
      });
      const again = await store.repository.change(id, illegal, key).catch((error: unknown) => error);
      expect(again).toBeInstanceOf(ReplayedError);
      expect(again).toMatchObject({
        code: 'incident.illegal-transition',
        message: 'An incident that is NEW cannot become CLOSED; it can become IN_PROGRESS.',
        facts: { current: 'NEW', requested: 'CLOSED', allowed: ['IN_PROGRESS'] },
      });
      expect(await historyOf(id)).toHaveLength(3);
    });

    it('replays that the incident was not found', async () => {
      const key = aKey();
      expect(await store.repository.change(Number.MAX_SAFE_INTEGER, illegal, key)).toBeUndefined();
      const again = store.repository.change(Number.MAX_SAFE_INTEGER, illegal, key);
      await expect(again).rejects.toThrow(ReplayedError);
    });

    it('records no outcome for an invalid text or an unexpected error', async () => {
      const { id } = (await store.repository.add(report)).incident;
      const key = aKey();
      await expect(store.repository.change(id, append('\0'), key)).rejects.toThrow(InvalidText);
      const change = store.repository.change(
        id,
        () => {
          throw new Error('broken');
        },
        key,
      );
      await expect(change).rejects.toThrow('broken');
      expect((await store.repository.change(id, append('at last'), key))?.isReplay).toBe(false);
    });

    it('rejects a different request with the same key', async () => {
      const { key, scope } = aKey();
      const one = { key, scope, fingerprint: aKey('one').fingerprint };
      const two = { key, scope, fingerprint: aKey('two').fingerprint };
      const { incident } = await store.repository.add(report, one);
      await expect(store.repository.add(report, two)).rejects.toThrow(IdempotencyKeyReused);
      await expect(store.repository.change(incident.id, append('b'), two)).rejects.toThrow(
        IdempotencyKeyReused,
      );
      expect(await historyOf(incident.id)).toHaveLength(1);
    });

    it('treats the same key in another scope as another request', async () => {
      const key = aKey();
      const first = await store.repository.add(report, key);
      const second = await store.repository.add(report, { ...key, scope: 'there' });
      expect(second).toMatchObject({ isReplay: false });
      expect(second.incident.id).not.toBe(first.incident.id);
    });
  });
});

import { createHash } from 'node:crypto';
import { jest } from '@jest/globals';
import {
  type IdempotencyKey,
  IdempotencyKeyReused,
  ReplayedError,
} from '../../src/domain/incident/idempotency.js';
import { IllegalTransition, InvalidText } from '../../src/domain/incident/incident-errors.js';
import { Database } from '../../src/infrastructure/postgres/connection/database.js';
import { IncidentStateMachine } from '../../src/domain/incident/incident-state-machine.js';
import type { Incident } from '../../src/domain/incident/incident.js';
import { later, NOON } from '../support/builders.js';
import { type Register, REGISTERS } from '../support/registers.js';

const report = {
  description: 'Касса не отвечает',
  source: 'partner',
  actor: 'shop',
  channel: 'rest',
  at: NOON,
} as const;
const stateMachine = new IncidentStateMachine();

describe.each(REGISTERS)('an incident repository $name', ({ open }) => {
  let register: Register;
  beforeAll(async () => (register = await open()));
  afterAll(() => register.close());

  it('gives a report a number and keeps it as a NEW incident', async () => {
    const { incident } = await register.repository.add(report);
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
    });
    expect((await register.repository.find(incident.id))?.state).toEqual(incident.state);
  });

  it('never gives a number twice', async () => {
    const incidents = await Promise.all(Array.from({ length: 50 }, () => register.repository.add(report)));
    expect(new Set(incidents.map(({ incident }) => incident.id)).size).toBe(50);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await register.repository.find(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('keeps what a change did, and its events', async () => {
    const { id } = (await register.repository.add(report)).incident;
    const changed = await register.repository.change(id, (incident) => {
      stateMachine.move(incident, 'IN_PROGRESS', { actor: 'mechanic', channel: 'rest', at: later(1) });
      incident.append('еду', { actor: 'mechanic', channel: 'rest', at: later(2) });
    });
    expect(changed?.incident.state).toMatchObject({ status: 'IN_PROGRESS', version: 3, updatedAt: later(2) });
    expect((await register.repository.find(id))?.state).toEqual(changed?.incident.state);
    expect((await register.history.page(id, 1, 10))?.events).toEqual([
      {
        seq: 2,
        type: 'status_changed',
        at: later(1),
        actor: 'mechanic',
        channel: 'rest',
        from: 'NEW',
        to: 'IN_PROGRESS',
      },
      { seq: 3, type: 'description_appended', at: later(2), actor: 'mechanic', channel: 'rest', text: 'еду' },
    ]);
  });

  it('keeps nothing of a change that throws, and throws it on', async () => {
    const { incident: added } = await register.repository.add(report);
    const change = register.repository.change(added.id, (incident) => {
      incident.append('lost', { actor: 'a', channel: 'rest', at: later(1) });
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect((await register.repository.find(added.id))?.state).toEqual(added.state);
    expect((await register.history.page(added.id, 0, 10))?.events).toHaveLength(1);
  });

  it('does not call a change for an incident that is not there', async () => {
    const act = jest.fn();
    expect(await register.repository.change(Number.MAX_SAFE_INTEGER, act)).toBeUndefined();
    expect(act).not.toHaveBeenCalled();
  });

  it('lets changes of one incident in one by one', async () => {
    const { id } = (await register.repository.add(report)).incident;
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        register.repository.change(id, (incident) =>
          incident.append(`line ${i}`, { actor: 'a', channel: 'rest', at: later(i) }),
        ),
      ),
    );
    const incident = await register.repository.find(id);
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
  ])('keeps the text %j to the code point', async (description) => {
    const { id } = (await register.repository.add({ ...report, description })).incident;
    expect((await register.repository.find(id))?.description).toBe(description);
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
      stateMachine.move(incident, 'CLOSED', { actor: 'a', channel: 'rest', at: later(1) });
    const historyOf = async (id: number) => (await register.history.page(id, 0, 100))!.events;

    it('adds once, and gives a repeat the incident as it was', async () => {
      const key = aKey();
      const first = await register.repository.add(report, key);
      expect(first.isReplay).toBe(false);
      await register.repository.change(first.incident.id, append('later'));
      const again = await register.repository.add({ ...report, at: later(5) }, key);
      expect(again.isReplay).toBe(true);
      expect(again.incident.state).toEqual(first.incident.state);
    });

    it('changes once where the same comes many times at once, by few statements', async () => {
      const { id } = (await register.repository.add(report)).incident;
      const key = aKey();
      const statements = jest.spyOn(Database.prototype, 'query');
      const results = await Promise.all(
        Array.from({ length: 100 }, () => register.repository.change(id, append('b'), key)),
      );
      const { length } = statements.mock.calls;
      statements.mockRestore();
      expect(results.filter((result) => !result!.isReplay)).toHaveLength(1);
      expect(new Set(results.map((result) => result!.incident.version))).toEqual(new Set([2]));
      expect(length).toBeLessThan(20);
    });

    it('adds once where the same comes many times at once, beside others', async () => {
      const key = aKey();
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, i) => register.repository.add(report, i % 2 === 0 ? key : aKey())),
      );
      const same = results.filter((_, i) => i % 2 === 0);
      expect(new Set(same.map(({ incident }) => incident.id)).size).toBe(1);
      expect(same.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
      expect(new Set(results.map(({ incident }) => incident.id)).size).toBe(21);
    });

    it('changes once, and gives a repeat the incident as the change left it', async () => {
      const { incident } = await register.repository.add(report);
      const key = aKey();
      const first = await register.repository.change(incident.id, append('once'), key);
      await register.repository.change(incident.id, append('another'));
      const again = await register.repository.change(incident.id, append('once'), key);
      expect(first?.isReplay).toBe(false);
      expect(again?.isReplay).toBe(true);
      expect(again?.incident.state).toEqual(first?.incident.state);
      expect(await historyOf(incident.id)).toHaveLength(3);
    });

    it('changes once where the same comes many times at once', async () => {
      const { incident } = await register.repository.add(report);
      const key = aKey();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          register.repository.change(
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

    it('repeats a refusal, even where the change would be legal by now', async () => {
      const { id } = (await register.repository.add(report)).incident;
      const key = aKey();
      const refused = register.repository.change(id, illegal, key);
      await expect(refused).rejects.toThrow(IllegalTransition);
      await register.repository.change(id, (incident) => {
        stateMachine.move(incident, 'IN_PROGRESS', { actor: 'a', channel: 'rest', at: later(1) });
        stateMachine.move(incident, 'RESOLVED', { actor: 'a', channel: 'rest', at: later(1) });
      });
      const again = await register.repository.change(id, illegal, key).catch((error: unknown) => error);
      expect(again).toBeInstanceOf(ReplayedError);
      expect(again).toMatchObject({
        code: 'incident.illegal-transition',
        message: 'An incident that is NEW cannot become CLOSED; it can become IN_PROGRESS.',
        facts: { current: 'NEW', requested: 'CLOSED', allowed: ['IN_PROGRESS'] },
      });
      expect(await historyOf(id)).toHaveLength(3);
    });

    it('repeats that there was no such incident', async () => {
      const key = aKey();
      expect(await register.repository.change(Number.MAX_SAFE_INTEGER, illegal, key)).toBeUndefined();
      const again = register.repository.change(Number.MAX_SAFE_INTEGER, illegal, key);
      await expect(again).rejects.toThrow(ReplayedError);
    });

    it('keeps nothing of what was no refusal by the rules', async () => {
      const { id } = (await register.repository.add(report)).incident;
      const key = aKey();
      await expect(register.repository.change(id, append('\0'), key)).rejects.toThrow(InvalidText);
      const change = register.repository.change(
        id,
        () => {
          throw new Error('broken');
        },
        key,
      );
      await expect(change).rejects.toThrow('broken');
      expect((await register.repository.change(id, append('at last'), key))?.isReplay).toBe(false);
    });

    it('refuses another request under the same key', async () => {
      const { key, scope } = aKey();
      const one = { key, scope, fingerprint: aKey('one').fingerprint };
      const two = { key, scope, fingerprint: aKey('two').fingerprint };
      const { incident } = await register.repository.add(report, one);
      await expect(register.repository.add(report, two)).rejects.toThrow(IdempotencyKeyReused);
      await expect(register.repository.change(incident.id, append('b'), two)).rejects.toThrow(
        IdempotencyKeyReused,
      );
      expect(await historyOf(incident.id)).toHaveLength(1);
    });

    it('takes the same key in another scope for another request', async () => {
      const key = aKey();
      const first = await register.repository.add(report, key);
      const second = await register.repository.add(report, { ...key, scope: 'there' });
      expect(second).toMatchObject({ isReplay: false });
      expect(second.incident.id).not.toBe(first.incident.id);
    });
  });
});

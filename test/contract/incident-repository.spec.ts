import { jest } from '@jest/globals';
import { IncidentStateMachine } from '../../src/domain/incident/incident-state-machine.js';
import { later, NOON } from '../support/builders.js';
import { type Register, REGISTERS } from '../support/registers.js';

const report = { description: 'Касса не отвечает', source: 'partner', actor: 'shop', at: NOON } as const;
const stateMachine = new IncidentStateMachine();

describe.each(REGISTERS)('an incident repository $name', ({ open }) => {
  let register: Register;
  beforeAll(async () => (register = await open()));
  afterAll(() => register.close());

  it('gives a report a number and keeps it as a NEW incident', async () => {
    const incident = await register.repository.add(report);
    expect(incident.state).toEqual({
      id: expect.any(Number),
      description: 'Касса не отвечает',
      status: 'NEW',
      source: 'partner',
      version: 1,
      createdAt: NOON,
      updatedAt: NOON,
    });
    expect((await register.repository.find(incident.id))?.state).toEqual(incident.state);
  });

  it('never gives a number twice', async () => {
    const incidents = await Promise.all(Array.from({ length: 50 }, () => register.repository.add(report)));
    expect(new Set(incidents.map(({ id }) => id)).size).toBe(50);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await register.repository.find(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('keeps what a change did, and its events', async () => {
    const { id } = await register.repository.add(report);
    const changed = await register.repository.change(id, (incident) => {
      stateMachine.move(incident, 'IN_PROGRESS', { actor: 'mechanic', at: later(1) });
      incident.append('еду', { actor: 'mechanic', at: later(2) });
    });
    expect(changed?.state).toMatchObject({ status: 'IN_PROGRESS', version: 3, updatedAt: later(2) });
    expect((await register.repository.find(id))?.state).toEqual(changed?.state);
    expect((await register.history.page(id, 1, 10))?.events).toEqual([
      { seq: 2, type: 'status_changed', at: later(1), actor: 'mechanic', from: 'NEW', to: 'IN_PROGRESS' },
      { seq: 3, type: 'description_appended', at: later(2), actor: 'mechanic', text: 'еду' },
    ]);
  });

  it('keeps nothing of a change that throws, and throws it on', async () => {
    const added = await register.repository.add(report);
    const change = register.repository.change(added.id, (incident) => {
      incident.append('lost', { actor: 'a', at: later(1) });
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
    const { id } = await register.repository.add(report);
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        register.repository.change(id, (incident) =>
          incident.append(`line ${i}`, { actor: 'a', at: later(i) }),
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
    const { id } = await register.repository.add({ ...report, description });
    expect((await register.repository.find(id))?.description).toBe(description);
  });
});

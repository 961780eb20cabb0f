import { AlreadyDuplicate, DuplicateCycle } from '../../../src/domain/incident/incident-errors.js';
import { INCIDENT_STATUSES } from '../../../src/domain/incident/incident-status.js';
import { anIncident, later, NOON } from '../../support/builders.js';

const change = { actor: 'anna', channel: 'rest', at: later(5) };
const anOriginal = () => anIncident().with({ id: 17 }).build();

const TRANSITIONS = {
  NEW: ['IN_PROGRESS', 'RESOLVED', 'CLOSED'],
  IN_PROGRESS: ['RESOLVED', 'CLOSED'],
  RESOLVED: ['CLOSED'],
  CLOSED: [],
};

describe('marking an incident as a duplicate', () => {
  it.each(INCIDENT_STATUSES)('closes one that is %s by legal transitions, which nobody takes', (status) => {
    const duplicate = anIncident().with({ id: 42, status }).build();
    duplicate.markAsDuplicateOf(anOriginal(), change);
    expect(duplicate.state).toMatchObject({
      status: 'CLOSED',
      duplicateOf: 17,
      description: 'Самокат #42 оффлайн',
      assignee: undefined,
      takenAt: undefined,
    });
    const [marked, ...transitions] = duplicate.newEvents;
    expect(marked).toEqual({ type: 'marked_as_duplicate', seq: 2, duplicateOf: 17, ...change });
    expect(transitions.map((event) => 'to' in event && event.to)).toEqual(TRANSITIONS[status]);
  });

  it.each(INCIDENT_STATUSES)(
    'adds its reports to an original that is %s, and leaves its status',
    (status) => {
      const original = anIncident().with({ id: 17, status, occurrences: 2 }).build();
      const duplicate = anIncident()
        .with({ id: 42, occurrences: 3, lastSeenAt: later(2) })
        .build();
      duplicate.markAsDuplicateOf(original, change);
      expect(original.state).toMatchObject({ status, occurrences: 5, lastSeenAt: later(2), version: 2 });
      expect(original.newEvents).toEqual([{ type: 'duplicate_linked', seq: 2, duplicateId: 42, ...change }]);
      expect(duplicate.state.occurrences).toBe(3);
    },
  );

  it('leaves the time of the last report if that was of the original', () => {
    const original = anIncident()
      .with({ id: 17, lastSeenAt: later(3) })
      .build();
    anIncident().with({ id: 42, lastSeenAt: NOON }).build().markAsDuplicateOf(original, change);
    expect(original.state.lastSeenAt).toEqual(later(3));
  });

  it('counts it once', () => {
    const original = anOriginal();
    const duplicate = anIncident().with({ id: 42 }).build();
    duplicate.markAsDuplicateOf(original, change);
    duplicate.markAsDuplicateOf(original, change);
    expect(original.state.occurrences).toBe(2);
    expect(original.newEvents).toHaveLength(1);
    expect(duplicate.newEvents).toHaveLength(4);
  });

  it('changes neither incident if it is itself the original, or a duplicate of another one', () => {
    const original = anOriginal();
    const itself = anIncident().with({ id: 42 }).build();
    expect(() => itself.markAsDuplicateOf(itself, change)).toThrow(DuplicateCycle);
    const other = anIncident().with({ id: 43, status: 'CLOSED', duplicateOf: 5 }).build();
    expect(() => other.markAsDuplicateOf(original, change)).toThrow(AlreadyDuplicate);
    expect([itself, other, original].flatMap(({ newEvents }) => newEvents)).toEqual([]);
  });
});

import {
  DescriptionTooLong,
  InvalidText,
  UnexpectedStatus,
  VersionMismatch,
} from '../../../src/domain/incident/incident-errors.js';
import { anIncident, later, NOON } from '../../support/builders.js';

const change = { actor: 'mechanic', channel: 'rest', at: later(5) } as const;

describe('an incident', () => {
  it('gets a line for each addition', () => {
    const incident = anIncident().with({ description: 'a' }).build();
    incident.append('b', change);
    incident.append('c', change);
    expect(incident.description).toBe('a\nb\nc');
    expect(incident.version).toBe(3);
    expect(incident.newEvents.map(({ seq, type }) => [seq, type])).toEqual([
      [2, 'description_appended'],
      [3, 'description_appended'],
    ]);
  });

  it('accepts additions in every status', () => {
    const incident = anIncident().with({ status: 'CLOSED' }).build();
    incident.append('b', change);
    expect(incident.version).toBe(2);
  });

  it('has a description of up to 100,000 code points', () => {
    const incident = anIncident()
      .with({ description: '🛴'.repeat(99_997) })
      .build();
    incident.append('ab', change);
    expect(() => incident.append('c', change)).toThrow(DescriptionTooLong);
    expect(incident.version).toBe(2);
  });

  it('rejects an invalid text', () => {
    const incident = anIncident().build();
    expect(() => incident.append(' ', change)).toThrow(InvalidText);
    expect(incident.version).toBe(1);
  });

  it('has timestamps that never decrease, whatever the clocks say', () => {
    const incident = anIncident()
      .with({ updatedAt: later(10) })
      .build();
    incident.append('b', { actor: 'a', channel: 'rest', at: NOON });
    expect(incident.state.updatedAt).toEqual(later(10));
    expect(incident.newEvents[0]?.at).toEqual(later(10));
  });

  it('counts a duplicate and keeps its text, whatever its status', () => {
    const incident = anIncident().with({ status: 'IN_PROGRESS' }).build();
    incident.countDuplicate('again', change);
    expect(incident.state).toMatchObject({ occurrences: 2, lastSeenAt: later(5), status: 'IN_PROGRESS' });
    expect(incident.newEvents).toEqual([{ type: 'duplicate_reported', seq: 2, text: 'again', ...change }]);
  });

  it('is reopened by a duplicate once it is RESOLVED', () => {
    const incident = anIncident().with({ status: 'RESOLVED' }).build();
    incident.countDuplicate('again', change);
    expect(incident.state).toMatchObject({ occurrences: 2, lastSeenAt: later(5), status: 'IN_PROGRESS' });
    expect(incident.newEvents).toEqual([
      { type: 'reopened', seq: 2, from: 'RESOLVED', to: 'IN_PROGRESS', text: 'again', ...change },
    ]);
  });

  it('can be required to have a status', () => {
    const incident = anIncident().with({ status: 'RESOLVED' }).build();
    incident.requireStatus('RESOLVED');
    expect(() => incident.requireStatus('NEW')).toThrow(UnexpectedStatus);
  });

  it('can be required to be at a version', () => {
    const incident = anIncident().with({ version: 3 }).build();
    incident.requireVersion((version) => version === 3);
    expect(() => incident.requireVersion((version) => version < 3)).toThrow(VersionMismatch);
  });
});

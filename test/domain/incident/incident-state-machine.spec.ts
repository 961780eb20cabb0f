import { IllegalTransition } from '../../../src/domain/incident/incident-errors.js';
import { IncidentStateMachine } from '../../../src/domain/incident/incident-state-machine.js';
import { INCIDENT_STATUSES } from '../../../src/domain/incident/incident-status.js';
import { anIncident, later } from '../../support/builders.js';

const LEGAL = ['NEW → IN_PROGRESS', 'IN_PROGRESS → RESOLVED', 'RESOLVED → IN_PROGRESS', 'RESOLVED → CLOSED'];
const PAIRS = INCIDENT_STATUSES.flatMap((from) => INCIDENT_STATUSES.map((to) => [from, to] as const));

describe('the state machine', () => {
  const stateMachine = new IncidentStateMachine();
  const change = { actor: 'mechanic', channel: 'rest', at: later(5) } as const;

  it.each(PAIRS.filter(([from, to]) => LEGAL.includes(`${from} → ${to}`)))('moves %s → %s', (from, to) => {
    const incident = anIncident().with({ status: from, version: 3 }).build();
    stateMachine.move(incident, to, change);
    expect(incident.state).toMatchObject({ status: to, version: 4, updatedAt: later(5) });
    expect(incident.newEvents).toEqual([{ type: 'status_changed', seq: 4, from, to, ...change }]);
  });

  it.each(PAIRS.filter(([from, to]) => !LEGAL.includes(`${from} → ${to}`)))('refuses %s → %s', (from, to) => {
    const incident = anIncident().with({ status: from }).build();
    const before = incident.state;
    const allowed = LEGAL.filter((move) => move.startsWith(`${from} →`)).map((move) => move.split(' → ')[1]);
    expect(() => stateMachine.move(incident, to, change)).toThrow(IllegalTransition);
    expect(() => stateMachine.move(incident, to, change)).toThrow(
      expect.objectContaining({ facts: { current: from, requested: to, allowed } }),
    );
    expect(incident.state).toEqual(before);
    expect(incident.newEvents).toEqual([]);
  });

  it('knows four legal moves and twelve illegal ones', () => {
    expect(PAIRS).toHaveLength(16);
    expect(PAIRS.filter(([from, to]) => stateMachine.allowedFrom(from).includes(to))).toHaveLength(4);
  });
});

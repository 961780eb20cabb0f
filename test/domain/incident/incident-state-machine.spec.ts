import { IllegalTransition } from '../../../src/domain/incident/incident-errors.js';
import {
  allowedFrom,
  type Transition,
  transitionByDuplicate,
  transitionsTo,
} from '../../../src/domain/incident/incident-state-machine.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../src/domain/incident/incident-status.js';
import { anIncident, later } from '../../support/builders.js';

const LEGAL = ['NEW → IN_PROGRESS', 'IN_PROGRESS → RESOLVED', 'RESOLVED → IN_PROGRESS', 'RESOLVED → CLOSED'];
/** The statuses passed on the shortest legal path; a pair that is not here has none. */
const SHORTEST: Record<string, readonly IncidentStatus[]> = {
  'NEW → IN_PROGRESS': ['IN_PROGRESS'],
  'NEW → RESOLVED': ['IN_PROGRESS', 'RESOLVED'],
  'NEW → CLOSED': ['IN_PROGRESS', 'RESOLVED', 'CLOSED'],
  'IN_PROGRESS → RESOLVED': ['RESOLVED'],
  'IN_PROGRESS → CLOSED': ['RESOLVED', 'CLOSED'],
  'RESOLVED → IN_PROGRESS': ['IN_PROGRESS'],
  'RESOLVED → CLOSED': ['CLOSED'],
};
const PAIRS = INCIDENT_STATUSES.flatMap((from) => INCIDENT_STATUSES.map((to) => [from, to] as const));
const change = { actor: 'mechanic', channel: 'rest', at: later(5) } as const;

describe.each(['direct', 'shortest'] as const)('a status change via %s', (via) => {
  const pathOf = (from: IncidentStatus, to: IncidentStatus) => {
    const path = SHORTEST[`${from} → ${to}`];
    return via === 'direct' && !LEGAL.includes(`${from} → ${to}`) ? undefined : path;
  };

  it.each(PAIRS.filter(([from, to]) => pathOf(from, to)))('leads from %s to %s', (from, to) => {
    const path = pathOf(from, to)!;
    const incident = anIncident().with({ status: from, version: 3 }).build();
    incident.moveTo(to, change, via);
    expect(incident.state).toMatchObject({ status: to, version: 3 + path.length, updatedAt: later(5) });
    const steps = path.map((status, n) => ({ from: path[n - 1] ?? from, to: status }));
    expect(incident.newEvents).toEqual(
      steps.map((step, n) => ({ type: 'status_changed', seq: 4 + n, ...step, ...change })),
    );
    for (const step of steps) expect(LEGAL).toContain(`${step.from} → ${step.to}`);
  });

  it.each(PAIRS.filter(([from, to]) => !pathOf(from, to)))('is rejected from %s to %s', (from, to) => {
    const incident = anIncident().with({ status: from }).build();
    const before = incident.state;
    const allowed = LEGAL.filter((pair) => pair.startsWith(`${from} →`)).map((pair) => pair.split(' → ')[1]);
    expect(() => incident.moveTo(to, change, via)).toThrow(IllegalTransition);
    expect(() => incident.moveTo(to, change, via)).toThrow(
      expect.objectContaining({ facts: { current: from, requested: to, allowed } }),
    );
    expect(incident.state).toEqual(before);
    expect(incident.newEvents).toEqual([]);
  });
});

describe('the state machine', () => {
  it('allows the four legal transitions of sixteen', () => {
    const allowed = PAIRS.filter(([from, to]) => allowedFrom(from).includes(to));
    expect(allowed.map((pair) => pair.join(' → ')).toSorted()).toEqual(LEGAL.toSorted());
  });

  it('returns a RESOLVED incident to IN_PROGRESS on a duplicate, and no other', () => {
    expect(INCIDENT_STATUSES.map((status) => transitionByDuplicate(status)?.to)).toEqual([
      undefined,
      undefined,
      'IN_PROGRESS',
      undefined,
    ]);
  });

  // Checked by the compiler: a line that compiles without an error fails the type check.
  it('alone changes the status of an incident', () => {
    const incident = anIncident().build();
    // @ts-expect-error Only the state machine can make a transition.
    const forged: Transition = { from: 'NEW', to: 'CLOSED' };
    // @ts-expect-error The status is read-only.
    expect(() => (incident.status = forged.to)).toThrow(TypeError);
    // @ts-expect-error The state is read-only.
    expect(() => (incident.state = { ...incident.state, status: forged.to })).toThrow(TypeError);
    // @ts-expect-error Its fields are read-only, too.
    const overwrite = () => (incident.state.status = forged.to);
    expect(overwrite).toBeInstanceOf(Function);
    // @ts-expect-error Only the incident records events.
    const record = () => incident.record();
    expect(record).toBeInstanceOf(Function);
    const [legal] = transitionsTo('IN_PROGRESS', 'NEW', 'direct');
    expect(legal).toEqual({ from: 'NEW', to: 'IN_PROGRESS' });
    expect(incident.status).toBe('NEW');
  });
});

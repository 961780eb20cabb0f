import { attentionOf } from '../../../src/domain/incident/attention.js';
import { IncidentClosed } from '../../../src/domain/incident/incident-errors.js';
import { INCIDENT_STATUSES } from '../../../src/domain/incident/incident-status.js';
import { anIncident, later } from '../../support/builders.js';

const change = { actor: 'anna', channel: 'rest', at: later(5) };
const afterwards = { actor: 'anna', channel: 'rest', at: later(9) };

describe('the assignee of an incident', () => {
  it('is the actor who starts to work on it, by one event', () => {
    const incident = anIncident().build();
    incident.moveTo('IN_PROGRESS', change);
    expect(incident.state).toMatchObject({ status: 'IN_PROGRESS', assignee: 'anna', takenAt: later(5) });
    expect(incident.newEvents).toEqual([
      { type: 'status_changed', seq: 2, from: 'NEW', to: 'IN_PROGRESS', assignee: 'anna', ...change },
    ]);
  });

  it('takes a NEW incident by being assigned, by one event', () => {
    const incident = anIncident().build();
    incident.assignTo('boris', change);
    expect(incident.state).toMatchObject({ status: 'IN_PROGRESS', assignee: 'boris', takenAt: later(5) });
    expect(incident.newEvents).toHaveLength(1);
  });

  it('changes when the incident is handed over, and the time when it was taken does not', () => {
    const incident = anIncident().build();
    incident.moveTo('IN_PROGRESS', change);
    incident.assignTo('boris', afterwards);
    expect(incident.state).toMatchObject({ assignee: 'boris', takenAt: later(5) });
    expect(incident.newEvents[1]).toEqual({ type: 'assigned', seq: 3, assignee: 'boris', ...afterwards });
  });

  it('is nobody after a release, which leaves the incident untaken', () => {
    const incident = anIncident().build();
    incident.moveTo('IN_PROGRESS', change);
    incident.release(afterwards);
    expect(incident.state).toMatchObject({ status: 'IN_PROGRESS', assignee: undefined });
    expect(incident.attention).toBe(2);
    expect(incident.newEvents[1]).toEqual({ type: 'unassigned', seq: 3, ...afterwards });
  });

  it('stays who it was when the incident is reopened', () => {
    const incident = anIncident()
      .with({ status: 'RESOLVED', assignee: 'boris', resolvedAt: later(1) })
      .build();
    incident.moveTo('IN_PROGRESS', change);
    expect(incident.state).toMatchObject({ assignee: 'boris', resolvedAt: undefined });
    expect(incident.newEvents[0]).not.toHaveProperty('assignee');
  });

  it('stays nobody where a sender resolves its own incident', () => {
    const incident = anIncident().build();
    incident.moveTo('RESOLVED', change, 'shortest', null);
    expect(incident.state).toMatchObject({ assignee: undefined, takenAt: undefined, resolvedAt: later(5) });
  });

  it.each([
    ['is assigned again', 'assignTo'],
    ['is released', 'release'],
  ] as const)('causes no event where nothing changes: %s', (_, act) => {
    const assignee = act === 'assignTo' ? 'boris' : undefined;
    const incident = anIncident().with({ status: 'IN_PROGRESS', assignee }).build();
    if (act === 'assignTo') incident.assignTo('boris', change);
    else incident.release(change);
    expect(incident.newEvents).toEqual([]);
    expect(incident.version).toBe(1);
  });

  it('of a CLOSED incident does not change, nor does its urgency', () => {
    const incident = anIncident().with({ status: 'CLOSED' }).build();
    expect(() => incident.assignTo('boris', change)).toThrow(IncidentClosed);
    expect(() => incident.release(change)).toThrow(IncidentClosed);
    expect(() => incident.setUrgent(true, change)).toThrow(IncidentClosed);
    expect(incident.newEvents).toEqual([]);
  });
});

describe('the times of an incident', () => {
  it('say when it was resolved and closed', () => {
    const incident = anIncident().with({ status: 'IN_PROGRESS' }).build();
    incident.moveTo('RESOLVED', change);
    incident.moveTo('CLOSED', afterwards);
    expect(incident.state).toMatchObject({ resolvedAt: later(5), closedAt: later(9) });
  });

  it('of its end are gone when a duplicate report reopens it', () => {
    const incident = anIncident()
      .with({ status: 'RESOLVED', resolvedAt: later(1) })
      .build();
    incident.countDuplicate('again', change);
    expect(incident.state).toMatchObject({
      status: 'IN_PROGRESS',
      resolvedAt: undefined,
      assignee: undefined,
    });
  });
});

describe('the urgency of an incident', () => {
  it('changes by an event of its own', () => {
    const incident = anIncident().build();
    incident.setUrgent(true, change);
    incident.setUrgent(true, change);
    incident.setUrgent(false, afterwards);
    expect(incident.state.urgent).toBe(false);
    expect(incident.newEvents).toEqual([
      { type: 'urgency_changed', seq: 2, urgent: true, ...change },
      { type: 'urgency_changed', seq: 3, urgent: false, ...afterwards },
    ]);
  });
});

describe('the attention that an incident needs', () => {
  it('is ranked for every status, urgency and assignee', () => {
    const ranks = INCIDENT_STATUSES.map((status) =>
      [true, false].flatMap((urgent) =>
        [undefined, 'anna'].map((assignee) => attentionOf({ status, urgent, assignee })),
      ),
    );
    expect(ranks).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [4, 4, 4, 4],
      [5, 5, 5, 5],
    ]);
  });
});

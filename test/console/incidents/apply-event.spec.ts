import { applyEvent } from '../../../console/src/incidents/apply-event.js';
import { anEvent, anIncident } from './an-incident.js';

const AT = '2026-11-30T11:00:00.000Z';

describe('an event of the feed', () => {
  it('makes an incident of a report', () => {
    const event = anEvent({
      type: 'reported',
      seq: 1,
      incident_id: 7,
      text: 'New',
      urgent: true,
      origin: 'tg:-1:2',
      at: AT,
    });
    expect(applyEvent(undefined, event)).toEqual(
      anIncident({
        id: 7,
        description: 'New',
        urgent: true,
        origin: 'tg:-1:2',
        created_at: AT,
        updated_at: AT,
        last_seen_at: AT,
      }),
    );
  });

  it.each([
    [
      { type: 'status_changed', from: 'NEW', to: 'IN_PROGRESS', assignee: 'Anna' },
      { status: 'IN_PROGRESS', allowed_statuses: ['RESOLVED'], assignee: 'Anna', taken_at: AT },
    ],
    [
      { type: 'status_changed', to: 'RESOLVED' },
      { status: 'RESOLVED', allowed_statuses: ['IN_PROGRESS', 'CLOSED'], resolved_at: AT },
    ],
    [{ type: 'description_appended', text: 'More' }, { description: 'Scooter 42 is offline\nMore' }],
    [
      { type: 'duplicate_reported', text: 'Again' },
      { occurrences: 2, last_seen_at: AT },
    ],
    [{ type: 'urgency_changed', urgent: true }, { urgent: true }],
    [{ type: 'marked_as_duplicate', duplicate_of: 3 }, { duplicate_of: 3 }],
    [{ type: 'reminded', purpose: 'take', reminder_number: 1 }, {}],
  ] as const)('%j changes the incident', (event, changes) => {
    const expected = anIncident({ ...changes, version: 2, updated_at: AT } as never);
    expect(applyEvent(anIncident(), anEvent({ ...event, at: AT }))).toEqual(expected);
  });

  it('reopens a resolved incident that was reported again', () => {
    const resolved = anIncident({ status: 'RESOLVED', resolved_at: AT, assignee: 'Anna', version: 4 });
    const reopened = applyEvent(
      resolved,
      anEvent({ type: 'reopened', seq: 5, from: 'RESOLVED', to: 'IN_PROGRESS', text: 'x' }),
    );
    expect(reopened).toMatchObject({
      status: 'IN_PROGRESS',
      resolved_at: null,
      occurrences: 2,
      assignee: 'Anna',
    });
  });

  it('takes an incident from its assignee', () => {
    const taken = anIncident({ status: 'IN_PROGRESS', assignee: 'Anna', taken_at: AT, version: 2 });
    expect(applyEvent(taken, anEvent({ type: 'unassigned', seq: 3 }))).toMatchObject({
      assignee: null,
      taken_at: AT,
    });
  });

  it('changes nothing if the incident has it already', () => {
    const incident = anIncident({ version: 2 });
    expect(applyEvent(incident, anEvent({ seq: 2 }))).toBe(incident);
  });

  it.each([
    ['an event before it is missing', anIncident(), anEvent({ seq: 3, to: 'RESOLVED' })],
    [
      'it adds the reports of a duplicate',
      anIncident(),
      anEvent({ type: 'duplicate_linked', duplicate_id: 2 }),
    ],
    ['the page does not have the incident', undefined, anEvent()],
  ])('leaves it to the service if %s', (_, incident, event) => {
    expect(applyEvent(incident, event)).toBeUndefined();
  });
});

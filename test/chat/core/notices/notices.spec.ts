import type { ChatEvent } from '../../../../src/chat/core/api/chat-feed.js';
import type { Incident } from '../../../../src/chat/core/api/incident.js';
import { noticesOf, noticesOfOriginal } from '../../../../src/chat/core/notices/notices.js';
import { anApiIncident } from '../../../support/api-incident.js';

const NOW = new Date('2026-11-29T12:00:00.000Z');

/** @param age in seconds. */
function anEvent(seq: number, more: Partial<ChatEvent>, age = 1): ChatEvent {
  return {
    position: `1.${seq}`,
    incident_id: 42,
    at: new Date(NOW.getTime() - age * 1_000).toISOString(),
    actor: 'telegram:7 Anna',
    status: 'IN_PROGRESS',
    origin: 'tg:-1:2',
    type: 'status_changed',
    ...more,
  } as ChatEvent;
}

const anIncident = (more: Partial<Incident> = {}) =>
  anApiIncident({ status: 'IN_PROGRESS', assignee: 'Anna', ...more });

const taken = (age?: number, seq = 2) => anEvent(seq, { from: 'NEW', to: 'IN_PROGRESS' }, age);
const resolved = (age?: number, seq = 3) =>
  anEvent(seq, { from: 'IN_PROGRESS', to: 'RESOLVED', status: 'RESOLVED' }, age);
const reminded = (seq: number, age?: number) =>
  anEvent(seq, { type: 'reminded', purpose: 'take', status: 'NEW' }, age);

const kinds = (events: readonly ChatEvent[], incident: Incident = anIncident()) =>
  noticesOf(events, incident, NOW).map(({ kind }) => kind);

describe('what a chat is notified of', () => {
  it.each([
    ['taken', { from: 'NEW', to: 'IN_PROGRESS' }],
    ['taken', { type: 'assigned', assignee: 'Boris' }],
    ['released', { type: 'unassigned' }],
    ['resolved', { from: 'IN_PROGRESS', to: 'RESOLVED' }],
    ['reopened', { from: 'RESOLVED', to: 'IN_PROGRESS' }],
    ['reopened', { type: 'reopened' }],
    ['closed', { from: 'RESOLVED', to: 'CLOSED' }],
    ['question', { type: 'reminded', purpose: 'progress' }],
  ] as const)('is that it is %s after %j', (kind, event) => {
    expect(kinds([anEvent(2, event)])).toEqual([kind]);
  });

  it.each([
    'reported',
    'description_appended',
    'duplicate_reported',
    'urgency_changed',
    'duplicate_linked',
  ] as const)('is nothing after %s', (type) => {
    expect(kinds([anEvent(2, { type })])).toEqual([]);
  });

  it('is each change, but of one change that has several events only the last', () => {
    expect(kinds([taken(3), resolved(2)])).toEqual(['taken', 'resolved']);
    expect(kinds([taken(2), resolved(2)])).toEqual(['resolved']);
  });

  it('is that it is a duplicate where it is closed as one', () => {
    const closed = anEvent(4, { from: 'RESOLVED', to: 'CLOSED', status: 'CLOSED' });
    const marked = anEvent(3, { type: 'marked_as_duplicate', duplicate_of: 17 });
    expect(kinds([marked, closed], anIncident({ status: 'CLOSED', duplicate_of: 17 }))).toEqual([
      'duplicate',
    ]);
  });

  it('is its present state after an outage, and nothing that was in between', () => {
    const reopened = anEvent(4, { from: 'RESOLVED', to: 'IN_PROGRESS' }, 3_000);
    expect(kinds([taken(5_000), resolved(4_000)], anIncident({ status: 'RESOLVED' }))).toEqual(['resolved']);
    expect(kinds([taken(5_000), resolved(4_000), reopened])).toEqual(['reopened']);
    // What changed again is in a later page.
    expect(kinds([taken(5_000), resolved(4_000)])).toEqual([]);
  });

  it('is one reminder, while nobody has done what it asks for', () => {
    const untaken = anIncident({ status: 'NEW', assignee: null });
    const escalated = anEvent(4, { type: 'escalated', purpose: 'take', status: 'NEW' });
    expect(kinds([reminded(2, 90_000), reminded(3, 80_000)], untaken)).toEqual(['reminder']);
    expect(kinds([reminded(3), escalated], untaken)).toEqual(['escalation']);
    expect(kinds([reminded(2)])).toEqual([]);
    expect(kinds([reminded(2)], anIncident({ assignee: null }))).toEqual(['reminder']);
    const question = anEvent(3, { type: 'reminded', purpose: 'progress' });
    expect(kinds([question], anIncident({ status: 'RESOLVED' }))).toEqual([]);
    expect(kinds([question], anIncident({ assignee: null }))).toEqual([]);
  });

  it('is that its original is resolved or reopened, to the reporters of duplicates', () => {
    const duplicate = anIncident({ id: 43, duplicate_of: 42 });
    const [notice] = noticesOf([resolved()], anIncident({ status: 'RESOLVED' }), NOW);
    expect(noticesOfOriginal(notice!, [duplicate])).toEqual([
      { kind: 'original_resolved', event: notice!.event, incident: duplicate },
    ]);
    const [other] = noticesOf([taken()], anIncident(), NOW);
    expect(noticesOfOriginal(other!, [duplicate])).toEqual([]);
  });
});

import type { Incident } from '../../src/chat/core/api/incident.js';

/** An incident as the API returns it to chats: a NEW one that was reported elsewhere, by default. */
export const anApiIncident = (more: Partial<Incident> = {}): Incident => ({
  id: 42,
  description: 'Scooter 7 does not start',
  status: 'NEW',
  allowed_statuses: ['IN_PROGRESS'],
  source: 'operator',
  created_at: '2026-11-20T10:00:00.123Z',
  urgent: false,
  assignee: null,
  taken_at: null,
  duplicate_of: null,
  origin: null,
  occurrences: 1,
  ...more,
});

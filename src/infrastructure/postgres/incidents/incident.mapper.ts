import type { IncidentEvent, ReminderPurpose } from '../../../domain/incident/incident-events.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import type { IncidentState } from '../../../domain/incident/incident-state.js';
import { Incident } from '../../../domain/incident/incident.js';
import { ALL_COLUMNS, type IncidentRow } from './incident-columns.js';

export function toIncident(row: IncidentRow): Incident {
  const state: Partial<Record<keyof IncidentState, unknown>> = {};
  for (const { property, name, ifNull } of ALL_COLUMNS) {
    state[property] = row[name] ?? (ifNull && state[ifNull]);
  }
  return new Incident(state as unknown as IncidentState);
}

/** A row of `pageColumns`. */
export type PageIncidentRow = IncidentRow & { readonly isBeyond: boolean };

/** How many rows of a page are shown: those before the first one that is beyond it. */
export function shownOf(rows: readonly PageIncidentRow[], limit: number): number {
  const first = rows.findIndex(({ isBeyond }) => isBeyond);
  return first === -1 ? limit : Math.min(limit, first);
}

/** A row of the columns of an event. */
export interface IncidentEventRow extends Pick<IncidentEvent, 'seq' | 'type' | 'at' | 'actor' | 'channel'> {
  readonly access_key: string | null;
  readonly access_key_id: number | null;
  readonly reported_at: Date | null;
  readonly from_status: IncidentStatus | null;
  readonly to_status: IncidentStatus | null;
  readonly text: string | null;
  readonly assignee: string | null;
  readonly urgent: boolean | null;
  readonly duplicate_of: number | null;
  readonly duplicate_id: number | null;
  readonly purpose: ReminderPurpose | null;
  readonly reminder_number: number | null;
  readonly attachment: {
    readonly number: number;
    readonly name: string;
    readonly content_type: string;
    readonly size: number;
  } | null;
}

/** The database's own checks make sure that the columns which an event of this type needs are there. */
export function toEvent(row: IncidentEventRow): IncidentEvent {
  const { seq, type, at, actor, channel, access_key: name, access_key_id: id } = row;
  const accessKey = name === null ? undefined : { id: id ?? undefined, name };
  const base = { seq, at, actor, accessKey, channel, reportedAt: row.reported_at ?? undefined };
  switch (type) {
    case 'status_changed': {
      const taken = row.assignee === null ? {} : { assignee: row.assignee };
      return { ...base, type, from: row.from_status!, to: row.to_status!, ...taken };
    }
    case 'reopened':
      return { ...base, type, from: row.from_status!, to: row.to_status!, text: row.text! };
    case 'assigned':
      return { ...base, type, assignee: row.assignee! };
    case 'unassigned':
      return { ...base, type };
    case 'urgency_changed':
      return { ...base, type, urgent: row.urgent! };
    case 'marked_as_duplicate':
      return { ...base, type, duplicateOf: row.duplicate_of! };
    case 'duplicate_linked':
      return { ...base, type, duplicateId: row.duplicate_id! };
    case 'reminded':
      return { ...base, type, purpose: row.purpose!, number: row.reminder_number! };
    case 'escalated':
      return { ...base, type, purpose: 'take', number: row.reminder_number! };
    case 'attached': {
      const { content_type: contentType, ...file } = row.attachment!;
      return { ...base, type, attachment: { ...file, contentType } };
    }
    case 'reported':
      return { ...base, type, text: row.text!, ...(row.urgent && { urgent: true }) };
    case 'description_appended':
    case 'duplicate_reported':
      break;
  }
  return { ...base, type, text: row.text! };
}

import type { AttachedFile } from '../../../domain/attachments/attachment.js';
import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import type { Change } from '../../../domain/incident/incident-state.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import type { ArrayColumn } from '../connection/array-parameters.js';

/** The columns that say who did something and when, apart from the channel. */
export const PROVENANCE_COLUMNS: readonly ArrayColumn<Change>[] = [
  { name: 'at', type: 'timestamptz', valueOf: ({ at }) => isoTime(at) },
  { name: 'actor', type: 'text', valueOf: ({ actor }) => actor },
  { name: 'access_key', type: 'text', valueOf: ({ accessKey }) => accessKey?.name ?? null },
  { name: 'access_key_id', type: 'bigint', valueOf: ({ accessKey }) => accessKey?.id ?? null },
  {
    name: 'reported_at',
    type: 'timestamptz',
    valueOf: ({ reportedAt }) => (reportedAt ? isoTime(reportedAt) : null),
  },
];

/** The columns that an event of a history is stored in, apart from its incident. */
export const INCIDENT_EVENT_COLUMNS: readonly ArrayColumn<IncidentEvent>[] = [
  { name: 'seq', type: 'integer', valueOf: ({ seq }) => seq },
  { name: 'type', type: 'incident_event_type', valueOf: ({ type }) => type },
  ...PROVENANCE_COLUMNS,
  { name: 'channel', type: 'text', valueOf: ({ channel }) => channel },
  { name: 'from_status', type: 'incident_status', valueOf: (event) => ('from' in event ? event.from : null) },
  { name: 'to_status', type: 'incident_status', valueOf: (event) => ('to' in event ? event.to : null) },
  { name: 'text', type: 'text', valueOf: (event) => ('text' in event ? event.text : null) },
  {
    name: 'assignee',
    type: 'text',
    valueOf: (event) => ('assignee' in event ? (event.assignee ?? null) : null),
  },
  {
    name: 'duplicate_of',
    type: 'bigint',
    valueOf: (event) => ('duplicateOf' in event ? event.duplicateOf : null),
  },
  {
    name: 'duplicate_id',
    type: 'bigint',
    valueOf: (event) => ('duplicateId' in event ? event.duplicateId : null),
  },
  { name: 'urgent', type: 'boolean', valueOf: (event) => ('urgent' in event ? event.urgent : null) },
  {
    name: 'purpose',
    type: 'reminder_purpose',
    valueOf: (event) => ('purpose' in event ? event.purpose : null),
  },
  {
    name: 'reminder_number',
    type: 'integer',
    valueOf: (event) => ('number' in event ? event.number : null),
  },
  {
    name: 'attachment',
    type: 'jsonb',
    valueOf: (event) => ('attachment' in event ? storedAttachment(event.attachment) : null),
  },
];

/** What an event says of a file, as a text of JSON. */
function storedAttachment({ number, name, contentType, size }: AttachedFile): string {
  return JSON.stringify({ number, name, content_type: contentType, size });
}

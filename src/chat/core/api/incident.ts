import { type components, incidentSourceValues, incidentStatusValues } from './schema.js';

type Schemas = components['schemas'];

export type Status = Schemas['IncidentStatus'];
export type Source = Schemas['IncidentSource'];

export const STATUSES = incidentStatusValues;
export const SOURCES = incidentSourceValues;

/** The id of an incident in a text, as a part of a regular expression. */
export const ID_PATTERN = String.raw`[1-9]\d{0,14}`;

/** The part of an incident that a chat shows. */
export type Incident = Pick<
  Schemas['IncidentResponse'],
  | 'id'
  | 'description'
  | 'status'
  | 'allowed_statuses'
  | 'source'
  | 'created_at'
  | 'assignee'
  | 'taken_at'
  | 'duplicate_of'
  | 'origin'
>;

/** What a request for a change may ask for. */
export type IncidentUpdate = Schemas['UpdateIncidentDto'];

/** A new incident, as a message reports it; `origin` is that message. */
export type Report = Pick<Schemas['ReportIncidentDto'], 'description' | 'source' | 'origin'>;

/** Whether a response is an incident, and not the response of something else in the API's place. */
export function isIncident(body: unknown): body is Incident {
  if (typeof body !== 'object' || body === null) return false;
  const incident = body as Partial<Record<keyof Incident, unknown>>;
  const { id, description, status, allowed_statuses: allowed, source, created_at: createdAt } = incident;
  return (
    Number.isSafeInteger(id) &&
    typeof description === 'string' &&
    isStatus(status) &&
    Array.isArray(allowed) &&
    allowed.every(isStatus) &&
    SOURCES.some((each) => each === source) &&
    typeof createdAt === 'string'
  );
}

export function isStatus(value: unknown): value is Status {
  return STATUSES.some((each) => each === value);
}

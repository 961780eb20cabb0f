import type { ApiResponse } from './incidents-api-responses.js';
import { type components, incidentSourceValues, incidentStatusValues } from '../../../shared/api-schema.js';

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
  | 'urgent'
  | 'assignee'
  | 'taken_at'
  | 'duplicate_of'
  | 'origin'
  | 'occurrences'
>;

/** An open incident that may have the same cause as another one. */
export type SimilarIncident = Incident & Pick<Schemas['SimilarIncidentResponse'], 'similarity'>;

/** What a request for a change may ask for. */
export type IncidentUpdate = Schemas['UpdateIncidentDto'];

/** A new incident, as a message reports it; `origin` is that message. */
export type Report = Pick<Schemas['ReportIncidentDto'], 'description' | 'source' | 'origin'>;

/** Whether a response is an incident, and not the response of something else in the API's place. */
export function isIncident(body: unknown): body is Incident {
  if (typeof body !== 'object' || body === null) return false;
  const incident = body as Partial<Record<keyof Incident, unknown>>;
  const { id, description, status, allowed_statuses: allowed, source, created_at: createdAt } = incident;
  const { urgent, assignee, taken_at: takenAt, duplicate_of: duplicateOf, occurrences } = incident;
  return (
    Number.isSafeInteger(id) &&
    typeof description === 'string' &&
    isStatus(status) &&
    Array.isArray(allowed) &&
    allowed.every(isStatus) &&
    SOURCES.some((each) => each === source) &&
    typeof createdAt === 'string' &&
    typeof urgent === 'boolean' &&
    isTextOrNull(assignee) &&
    isTextOrNull(takenAt) &&
    (duplicateOf === null || Number.isSafeInteger(duplicateOf)) &&
    Number.isSafeInteger(occurrences)
  );
}

/** The incidents in a response, the most similar first; undefined where it cannot be the API's. */
export function parseSimilar({ body }: ApiResponse): readonly SimilarIncident[] | undefined {
  return Array.isArray(body) && body.every(isSimilar) ? body : undefined;
}

function isSimilar(body: unknown): body is SimilarIncident {
  return isIncident(body) && typeof (body as Partial<SimilarIncident>).similarity === 'number';
}

const isTextOrNull = (value: unknown) => value === null || typeof value === 'string';

export function isStatus(value: unknown): value is Status {
  return STATUSES.some((each) => each === value);
}

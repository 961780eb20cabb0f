import { type Status, STATUSES } from '../actions/transitions.js';
import { type Source, SOURCES } from '../parse/message-parser.js';

/** An incident as the API shows it, as far as a chat wants to know. */
export interface Incident {
  readonly id: number;
  readonly description: string;
  readonly status: Status;
  readonly source: Source;
  /** As the API writes it: `2026-11-20T10:00:00.123Z`. */
  readonly created_at: string;
}

/** Whether an answer is an incident, and not what something else has answered in the API's place. */
export function isIncident(body: unknown): body is Incident {
  if (typeof body !== 'object' || body === null) return false;
  const { id, description, status, source, created_at: createdAt } = body as Record<string, unknown>;
  return (
    Number.isSafeInteger(id) &&
    typeof description === 'string' &&
    STATUSES.some((each) => each === status) &&
    SOURCES.some((each) => each === source) &&
    typeof createdAt === 'string'
  );
}

import type { ApiResponse } from './incidents-api-responses.js';

/** How many events the API shows at once, at most. */
export const MAX_EVENTS = 200;

/** What happened to an incident, as the API shows it, as far as an edit wants to know. */
export interface IncidentEvent {
  readonly seq: number;
  readonly type: string;
  readonly actor: string;
  readonly channel: string;
  readonly text?: string;
}

/** The events in an answer; undefined where it cannot be the API's. */
export function parseEvents({ body }: ApiResponse): readonly IncidentEvent[] | undefined {
  return Array.isArray(body) && body.every(isEvent) ? body : undefined;
}

/** Whether someone has reported or added a text in a chat; people keep their ids and change their names. */
export function isWrittenBy({ type, actor, channel }: IncidentEvent, who: string): boolean {
  const isText = type === 'reported' || type === 'description_appended';
  return isText && channel === 'telegram' && idIn(actor) === idIn(who);
}

const idIn = (actor: string) => actor.split(' ', 1)[0];

function isEvent(event: unknown): event is IncidentEvent {
  if (typeof event !== 'object' || event === null) return false;
  const { seq, type, actor, channel } = event as Record<string, unknown>;
  return Number.isSafeInteger(seq) && [type, actor, channel].every((member) => typeof member === 'string');
}

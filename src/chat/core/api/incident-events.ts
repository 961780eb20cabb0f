import type { ApiResponse } from './incidents-api-responses.js';
import type { components } from '../../../shared/api-schema.js';

/** The largest page of events that the API serves. */
export const MAX_EVENTS = 200;

/** The part of an event that an edit needs. */
export type IncidentEvent = Pick<
  components['schemas']['IncidentEventResponse'],
  'seq' | 'type' | 'actor' | 'channel' | 'text'
>;

/** The events in a response; undefined where it cannot be the API's. */
export function parseEvents({ body }: ApiResponse): readonly IncidentEvent[] | undefined {
  return Array.isArray(body) && body.every(isEvent) ? body : undefined;
}

/** Whether this actor has reported or appended a text in a chat; people keep their ids and change their names. */
export function isWrittenBy({ type, actor, channel }: IncidentEvent, author: string): boolean {
  const isText = type === 'reported' || type === 'description_appended';
  return isText && channel === 'telegram' && idOf(actor) === idOf(author);
}

const idOf = (actor: string) => actor.split(' ', 1)[0];

function isEvent(event: unknown): event is IncidentEvent {
  if (typeof event !== 'object' || event === null) return false;
  const { seq, type, actor, channel } = event as Partial<Record<keyof IncidentEvent, unknown>>;
  return Number.isSafeInteger(seq) && [type, actor, channel].every((member) => typeof member === 'string');
}

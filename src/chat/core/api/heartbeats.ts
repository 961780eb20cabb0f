import type { components } from '../../../shared/api-schema.js';
import type { ApiResponse } from './incidents-api-responses.js';

/** A job that is expected to report, as far as chats show it. */
export type ListedHeartbeat = Pick<
  components['schemas']['HeartbeatResponse'],
  'name' | 'state' | 'time_zone' | 'expected' | 'problem_since' | 'incident_id'
>;

export interface HeartbeatLists {
  readonly problems: readonly ListedHeartbeat[];
  /** Those without a problem. */
  readonly others: readonly ListedHeartbeat[];
}

export const hasProblem = ({ problem_since: since }: ListedHeartbeat): boolean => since !== null;

/** The heartbeats in a response; undefined where it cannot be the API's. */
export function parseHeartbeats({ body }: ApiResponse): readonly ListedHeartbeat[] | undefined {
  return Array.isArray(body) && body.every(isHeartbeat) ? body : undefined;
}

function isHeartbeat(value: unknown): value is ListedHeartbeat {
  if (typeof value !== 'object' || value === null) return false;
  const { name, state, time_zone, expected, problem_since, incident_id } = value as Record<string, unknown>;
  return (
    [name, state, time_zone].every((text) => typeof text === 'string') &&
    Array.isArray(expected) &&
    expected.every((time) => typeof (time as { local?: unknown } | null)?.local === 'string') &&
    (problem_since === null || typeof problem_since === 'string') &&
    (incident_id === null || typeof incident_id === 'number')
  );
}

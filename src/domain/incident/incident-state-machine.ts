import { IllegalTransition } from './incident-errors.js';
import { INCIDENT_STATUSES, type IncidentStatus } from './incident-status.js';

// RESOLVED returns to IN_PROGRESS when the reporter does not confirm the fix.
const NEXT = {
  NEW: ['IN_PROGRESS'],
  IN_PROGRESS: ['RESOLVED'],
  RESOLVED: ['IN_PROGRESS', 'CLOSED'],
  CLOSED: [],
} as const satisfies Record<IncidentStatus, readonly IncidentStatus[]>;

declare const legal: unique symbol;

/** A legal change of a status. Only this module can make one, and an incident changes its status by nothing else. */
export interface Transition {
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
  readonly [legal]: true;
}

/** How to reach a status: by one transition, or by as few as the table allows. */
export const TRANSITION_VIAS = ['direct', 'shortest'] as const;

export type TransitionVia = (typeof TRANSITION_VIAS)[number];

/** The statuses that may follow this one; empty for a final one. */
export function allowedFrom(status: IncidentStatus): readonly IncidentStatus[] {
  return NEXT[status];
}

/**
 * The transitions that lead to a status, in order; never none.
 * @throws IllegalTransition where none do, and for the status that the incident has already.
 */
export function transitionsTo(
  to: IncidentStatus,
  from: IncidentStatus,
  via: TransitionVia,
): readonly Transition[] {
  const path = SHORTEST_PATHS[from][to];
  if (!path || (via === 'direct' && path.length > 1)) {
    throw new IllegalTransition(from, to, allowedFrom(from));
  }
  return path;
}

/** The transition that a duplicate report causes: a fix that did not last is undone. Undefined where it causes none. */
export function transitionByDuplicate(from: IncidentStatus): Transition | undefined {
  return from === 'RESOLVED' ? SHORTEST_PATHS.RESOLVED.IN_PROGRESS![0] : undefined;
}

type Paths = Partial<Record<IncidentStatus, readonly Transition[]>>;

const SHORTEST_PATHS = Object.fromEntries(
  INCIDENT_STATUSES.map((status) => [status, shortestPathsFrom(status)]),
) as Record<IncidentStatus, Paths>;

/** A breadth-first search: a status is first reached by the fewest transitions. */
function shortestPathsFrom(start: IncidentStatus): Paths {
  const paths: Paths = {};
  const queue: IncidentStatus[] = [start];
  for (const from of queue) {
    for (const to of allowedFrom(from)) {
      if (to === start || paths[to]) continue;
      paths[to] = [...(paths[from] ?? []), { from, to } as Transition];
      queue.push(to);
    }
  }
  return paths;
}

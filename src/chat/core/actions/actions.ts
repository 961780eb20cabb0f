import type { Incident, Status } from '../api/incident.js';

interface Transition {
  readonly status: Status;
  /** The status that the incident must have; any other, from which the API knows a path, by default. */
  readonly from?: Status;
}

/**
 * What people do with incidents, as the API's terms. The API decides what is legal, and which transitions it takes; here stands
 * what people mean: they take a new incident and reopen a resolved one, and both become IN_PROGRESS.
 */
const ACTION_TRANSITIONS = {
  take: { status: 'IN_PROGRESS' },
  resolve: { status: 'RESOLVED' },
  close: { status: 'CLOSED' },
  reopen: { status: 'IN_PROGRESS', from: 'RESOLVED' },
} as const satisfies Record<string, Transition>;

export type Action = keyof typeof ACTION_TRANSITIONS;

export const ACTIONS = Object.keys(ACTION_TRANSITIONS) as Action[];

/** What an action is to the API. */
export const transitionOf = (action: Action): Transition => ACTION_TRANSITIONS[action];

/** A button changes the incident that its message shows: where that was resolved meanwhile, "take" does not reopen it. */
export const buttonTransitionOf = (action: Action): Transition =>
  action === 'take' ? { status: 'IN_PROGRESS', from: 'NEW' } : transitionOf(action);

/** The actions that are one legal transition each, and so have a button. */
export function offeredActions(incident: Pick<Incident, 'status' | 'allowed_statuses'>): readonly Action[] {
  return ACTIONS.filter((action) => {
    const { status, from = incident.status } = buttonTransitionOf(action);
    return from === incident.status && incident.allowed_statuses.includes(status);
  });
}

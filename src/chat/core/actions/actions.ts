import type { Incident, IncidentUpdate, Status } from '../api/incident.js';

type ActionChange = Pick<IncidentUpdate, 'status' | 'from' | 'assignee'>;

/** What the actions that an incident's message offers depend on. */
type Offering = Pick<Incident, 'status' | 'allowed_statuses' | 'assignee'>;

interface ActionKind {
  /** What a message asks for. `from` is the status that the incident must have; any, from which the API knows a path, by default. */
  readonly change: ActionChange;
  /**
   * What a button asks for: it changes the incident that its message shows. Where that was resolved meanwhile, "take" does not reopen
   * it.
   */
  readonly buttonChange?: ActionChange;
  /** Whether there is a button. */
  isOffered(incident: Offering): boolean;
}

/** An action that is one transition. */
const transition = (change: ActionChange & { readonly status: Status }): ActionKind => ({
  change,
  isOffered: ({ status, allowed_statuses: allowed }) =>
    (change.from ?? status) === status && allowed.includes(change.status),
});

/**
 * What people do with incidents, as the API's terms. The API decides what is legal, and which transitions it takes; here stands
 * what people mean: they take a new incident and reopen a resolved one, and both become IN_PROGRESS.
 */
const ACTION_KINDS = {
  take: {
    change: { status: 'IN_PROGRESS' },
    buttonChange: { status: 'IN_PROGRESS', from: 'NEW' },
    // IN_PROGRESS without an assignee: see `IncidentActions`.
    isOffered: ({ status, allowed_statuses: allowed, assignee }) =>
      status === 'NEW' ? allowed.includes('IN_PROGRESS') : status === 'IN_PROGRESS' && assignee === null,
  },
  resolve: transition({ status: 'RESOLVED' }),
  close: transition({ status: 'CLOSED' }),
  reopen: transition({ status: 'IN_PROGRESS', from: 'RESOLVED' }),
  release: {
    change: { assignee: null },
    isOffered: ({ status, assignee }) => status === 'IN_PROGRESS' && assignee !== null,
  },
} as const satisfies Record<string, ActionKind>;

export type Action = keyof typeof ACTION_KINDS;

export const ACTIONS = Object.keys(ACTION_KINDS) as Action[];

const kindOf = (action: Action): ActionKind => ACTION_KINDS[action];

/** What an action is to the API. */
export const changeOf = (action: Action): ActionChange => kindOf(action).change;

/** What the button of an action is to the API. */
export const buttonChangeOf = (action: Action): ActionChange =>
  kindOf(action).buttonChange ?? changeOf(action);

/** The actions that have a button. */
export function offeredActions(incident: Offering): readonly Action[] {
  return ACTIONS.filter((action) => kindOf(action).isOffered(incident));
}

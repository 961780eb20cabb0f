/** What an incident can be; the API's words. */
export const STATUSES = ['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'] as const;
export type Status = (typeof STATUSES)[number];

/** What people do with an incident. */
export const ACTIONS = ['take', 'resolve', 'close', 'reopen'] as const;
export type Action = (typeof ACTIONS)[number];

/** Where each action leads. */
export const TARGET_STATUS = {
  take: 'IN_PROGRESS',
  resolve: 'RESOLVED',
  close: 'CLOSED',
  reopen: 'IN_PROGRESS',
} as const satisfies Record<Action, Status>;

type Way = readonly Status[];

// Whoever writes "fixed" about an incident that nobody took has done both, and the history is to show both.
const WAYS: Record<Action, Partial<Record<Status, Way>>> = {
  take: { NEW: ['IN_PROGRESS'], RESOLVED: ['IN_PROGRESS'] },
  resolve: { NEW: ['IN_PROGRESS', 'RESOLVED'], IN_PROGRESS: ['RESOLVED'] },
  close: {
    NEW: ['IN_PROGRESS', 'RESOLVED', 'CLOSED'],
    IN_PROGRESS: ['RESOLVED', 'CLOSED'],
    RESOLVED: ['CLOSED'],
  },
  reopen: { RESOLVED: ['IN_PROGRESS'] },
};

/** The legal moves that an action makes of an incident in this status, in order; undefined where it makes no sense. */
export function pathFor(action: Action, from: Status): Way | undefined {
  return WAYS[action][from];
}

/** The actions that are one legal move each, and so have a button. */
export const BUTTONS: Record<Status, readonly Action[]> = {
  NEW: ['take'],
  IN_PROGRESS: ['resolve'],
  RESOLVED: ['close', 'reopen'],
  CLOSED: [],
};

import type { Incident, Status, Update } from '../api/types.js';

/** What a person does with an incident. */
export type Command =
  | { readonly kind: 'take' }
  | { readonly kind: 'resolve' }
  | { readonly kind: 'close' }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'release' }
  | { readonly kind: 'hand_over'; readonly to: string }
  | { readonly kind: 'urgency'; readonly urgent: boolean }
  | { readonly kind: 'append'; readonly text: string }
  | { readonly kind: 'duplicate'; readonly original: number };

export type CommandKind = Command['kind'];

/** Commands that need nothing but the incident, so that they apply to many at once. */
export const BULK_KINDS = ['take', 'resolve', 'close'] as const satisfies readonly CommandKind[];

type OfKind<Kind extends CommandKind> = Extract<Command, { kind: Kind }>;

/** The time of a change, and who makes it. */
export interface Circumstances {
  readonly me: string;
  readonly now: Date;
}

interface Rules<C extends Command> {
  /** Whether it changes anything, and the transitions allow it. The service decides; this decides which buttons there are. */
  isLegal(incident: Incident): boolean;
  update(command: C, incident: Incident): Update;
  /**
   * Whether the request applies only to the version that the person sees: because it would overwrite what somebody else did meanwhile
   * without notice. A change of status needs no such guard, since it requires the status before; an appended text overwrites nothing.
   */
  isGuarded(incident: Incident): boolean;
  /** The incident after the command, as far as the page knows. */
  apply(incident: Incident, command: C, circumstances: Circumstances): Incident;
  /** What takes it back; undefined if nothing does. @param before the incident before the command. */
  undo(command: C, before: Incident): Command | undefined;
}

const isOpen = ({ status }: Incident) => status === 'NEW' || status === 'IN_PROGRESS';
const allows = (incident: Incident, status: Status) => incident.allowed_statuses.includes(status);
const never = () => false;
const always = () => true;

/** The statuses that may follow each one, until the response of the service says so. */
const NEXT: Readonly<Record<Status, readonly Status[]>> = {
  NEW: ['IN_PROGRESS'],
  IN_PROGRESS: ['RESOLVED'],
  RESOLVED: ['IN_PROGRESS', 'CLOSED'],
  CLOSED: [],
};

/** The incident with another status, and the times that follow from it. */
export function withStatus(incident: Incident, status: Status, at: string): Incident {
  const isResolved = status === 'RESOLVED' || status === 'CLOSED';
  return {
    ...incident,
    status,
    allowed_statuses: NEXT[status],
    updated_at: at,
    resolved_at: isResolved ? (incident.resolved_at ?? at) : null,
    closed_at: status === 'CLOSED' ? at : null,
  };
}

/** The incident with another assignee, who takes it if nobody has. */
export function withAssignee(incident: Incident, assignee: string | null, at: string): Incident {
  const taken =
    assignee !== null && incident.status === 'NEW' ? withStatus(incident, 'IN_PROGRESS', at) : incident;
  return {
    ...taken,
    assignee,
    taken_at: incident.taken_at ?? (assignee === null ? null : at),
    updated_at: at,
  };
}

const RULES: { readonly [Kind in CommandKind]: Rules<OfKind<Kind>> } = {
  take: {
    isLegal: (incident) =>
      incident.status === 'NEW' || (incident.status === 'IN_PROGRESS' && incident.assignee === null),
    update: (_, { status }) =>
      status === 'NEW' ? { status: 'IN_PROGRESS', from: 'NEW' } : { assignee: 'me' },
    isGuarded: ({ status }) => status !== 'NEW',
    apply: (incident, _, { me, now }) => withAssignee(incident, me, now.toISOString()),
    undo: () => ({ kind: 'release' }),
  },
  resolve: {
    isLegal: (incident) => allows(incident, 'RESOLVED'),
    update: () => ({ status: 'RESOLVED' }),
    isGuarded: never,
    apply: (incident, _, { now }) => withStatus(incident, 'RESOLVED', now.toISOString()),
    undo: () => ({ kind: 'reopen' }),
  },
  close: {
    isLegal: (incident) => allows(incident, 'CLOSED'),
    update: () => ({ status: 'CLOSED' }),
    isGuarded: never,
    apply: (incident, _, { now }) => withStatus(incident, 'CLOSED', now.toISOString()),
    undo: () => undefined,
  },
  reopen: {
    isLegal: (incident) => incident.status === 'RESOLVED' && allows(incident, 'IN_PROGRESS'),
    update: () => ({ status: 'IN_PROGRESS', from: 'RESOLVED' }),
    isGuarded: never,
    apply: (incident, _, { me, now }) => {
      const reopened = withStatus(incident, 'IN_PROGRESS', now.toISOString());
      return incident.assignee === null ? withAssignee(reopened, me, now.toISOString()) : reopened;
    },
    undo: () => ({ kind: 'resolve' }),
  },
  release: {
    isLegal: (incident) => incident.status === 'IN_PROGRESS' && incident.assignee !== null,
    update: () => ({ assignee: null }),
    isGuarded: always,
    apply: (incident, _, { now }) => withAssignee(incident, null, now.toISOString()),
    undo: (_, { assignee }) => (assignee === null ? undefined : { kind: 'hand_over', to: assignee }),
  },
  hand_over: {
    isLegal: (incident) => incident.status !== 'CLOSED',
    update: ({ to }) => ({ assignee: to }),
    isGuarded: always,
    apply: (incident, { to }, { now }) => withAssignee(incident, to, now.toISOString()),
    undo: (_, { assignee }) =>
      assignee === null ? { kind: 'release' } : { kind: 'hand_over', to: assignee },
  },
  urgency: {
    isLegal: (incident) => incident.status !== 'CLOSED',
    update: ({ urgent }) => ({ urgent }),
    isGuarded: never,
    apply: (incident, { urgent }, { now }) => ({ ...incident, urgent, updated_at: now.toISOString() }),
    undo: ({ urgent }) => ({ kind: 'urgency', urgent: !urgent }),
  },
  append: {
    isLegal: always,
    update: ({ text }) => ({ description_append: text }),
    isGuarded: never,
    apply: (incident, { text }, { now }) => ({
      ...incident,
      description: `${incident.description}\n${text}`,
      updated_at: now.toISOString(),
    }),
    undo: () => undefined,
  },
  duplicate: {
    isLegal: ({ duplicate_of: original }) => original === null,
    update: ({ original }) => ({ duplicate_of: original }),
    isGuarded: never,
    apply: (incident, { original }, { now }) => ({
      ...withStatus(incident, 'CLOSED', now.toISOString()),
      duplicate_of: original,
    }),
    undo: () => undefined,
  },
};

const rulesOf = (kind: CommandKind) => RULES[kind] as Rules<Command>;

export const isLegal = (kind: CommandKind, incident: Incident): boolean => rulesOf(kind).isLegal(incident);

export const updateOf = (command: Command, incident: Incident): Update =>
  rulesOf(command.kind).update(command, incident);

export const isGuarded = (command: Command, incident: Incident): boolean =>
  rulesOf(command.kind).isGuarded(incident);

export const applyCommand = (incident: Incident, command: Command, circumstances: Circumstances): Incident =>
  rulesOf(command.kind).apply(incident, command, circumstances);

export const undoOf = (command: Command, before: Incident): Command | undefined =>
  rulesOf(command.kind).undo(command, before);

/** Whether what a guarded command depends on is the same in both: then it applies to the newer one as well. */
export const isSameSituation = (a: Incident, b: Incident): boolean =>
  a.status === b.status && a.assignee === b.assignee && a.duplicate_of === b.duplicate_of;

export { isOpen };

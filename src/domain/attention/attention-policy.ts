import type { DailyTime } from '../../shared/time/daily-time.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../incident/incident-source.js';
import type { KeyRights } from '../access/access-key.js';
import { hasPermission } from '../access/role.js';
import type { QuietHours } from './quiet-hours.js';

/** When people are reminded of incidents, and who. What is undefined is off. */
export interface AttentionPolicy {
  /** How soon somebody should take an incident. While nobody does, each further reminder follows after the same time. */
  readonly takeWithinMs: number | undefined;
  /** How many reminders precede the first escalation. */
  readonly escalateAfter: number | undefined;
  /** How long an incident may be in progress without any event before its assignee is reminded, and again each time. */
  readonly remindInProgressAfterMs: number | undefined;
  readonly quietHours: QuietHours | undefined;
  /** Who is mentioned in escalations: one line of text, such as `@anna`. */
  readonly onDuty: string | undefined;
  /** A chat that gets escalations besides the one where the incident was reported. */
  readonly escalateTo: ChatScope | undefined;
  /** When the chat gets a summary of its incidents. */
  readonly digestAt: DailyTime | undefined;
}

/** The scope of the incidents reported in a chat: a messenger, and the chat's id there, such as `tg:-100123`. */
export type ChatScope = string;

/** What a policy is for: the incidents of a source, such as `monitoring`, or those of a chat. */
export type PolicyScope = string;

const CHAT = '[a-z][a-z0-9-]{0,31}:[A-Za-z0-9_.-]{1,100}';

/** The form of the scope of a chat. */
export const CHAT_SCOPE = new RegExp(`^${CHAT}$`);

/** The form of a scope. */
export const POLICY_SCOPE = new RegExp(`^(?:${INCIDENT_SOURCES.join('|')}|${CHAT})$`);

/** The form of the origin of a message, of which the group is the chat. */
const CHAT_ORIGIN = new RegExp(`^(${CHAT}):`);

/** The policy that never reminds anybody. */
export const OFF: AttentionPolicy = {
  takeWithinMs: undefined,
  escalateAfter: undefined,
  remindInProgressAfterMs: undefined,
  quietHours: undefined,
  onDuty: undefined,
  escalateTo: undefined,
  digestAt: undefined,
};

/** The policy for chats that have none of their own. */
export const CHAT_DEFAULT: AttentionPolicy = { ...OFF, takeWithinMs: 15 * 60_000 };

/** The policy that a scope without one begins with when a part of it is changed. */
export function initialPolicy(scope: PolicyScope): AttentionPolicy {
  return CHAT_SCOPE.test(scope) ? CHAT_DEFAULT : OFF;
}

/**
 * Whether a key may change the policy of a scope: that of an admin any, that of an operator those of chats if it can impersonate, as
 * the key of a bot that people in the chats ask for it.
 */
export function mayChangePolicy({ role, canImpersonate }: KeyRights, scope: PolicyScope): boolean {
  if (hasPermission(role, 'manage-policies')) return true;
  return hasPermission(role, 'manage-chat-policies') && canImpersonate && CHAT_SCOPE.test(scope);
}

/** The chat of an origin such as `tg:-100123:42`; undefined if it is none of a chat's message. */
export function chatOf(origin: string | undefined): ChatScope | undefined {
  return origin === undefined ? undefined : CHAT_ORIGIN.exec(origin)?.[1];
}

/**
 * The policy that applies to an incident: that of its chat, else that of its source, else the default for chats. Undefined if none
 * does.
 */
export function policyFor(
  policies: ReadonlyMap<PolicyScope, AttentionPolicy>,
  { source, origin }: { readonly source: IncidentSource; readonly origin: string | undefined },
): AttentionPolicy | undefined {
  const chat = chatOf(origin);
  if (chat === undefined) return policies.get(source);
  return policies.get(chat) ?? policies.get(source) ?? CHAT_DEFAULT;
}

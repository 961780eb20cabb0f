import { type ReadonlySignal, signal } from '@preact/signals';
import { parseDuration } from '../../../src/shared/time/duration.js';
import type { ApiClient } from '../api/api-client.js';
import type { Incident, Policy } from '../api/types.js';
import { isOpen } from './commands.js';

/** How close an incident is to the limit of its policy. */
export type Urgency = 'calm' | 'soon' | 'late';

/** What an incident waits for. */
export interface Waiting {
  readonly since: Date;
  /** How long it may wait, in milliseconds; undefined without a limit. */
  readonly limitMs: number | undefined;
}

/** From this part of its limit on, an incident is `soon` late. */
const SOON = 0.5;

/** As the service does for chats without a policy (docs/reminders.md). */
const CHAT_DEFAULT = '15m';

/** The chat of an origin such as `tg:-100123:42`. */
const CHAT = /^([a-z][a-z0-9-]*:[A-Za-z0-9_.-]+):/;

/** The limits of the policies: how soon somebody should take an incident, and how long it may be in progress without news. */
export class Limits {
  private readonly policies = signal<ReadonlyMap<string, Policy>>(new Map());

  constructor(private readonly api: ApiClient) {}

  /** Reads the policies. @throws ApiProblem, NetworkError */
  async load(): Promise<void> {
    const { body } = await this.api.get('/api/v1/policies');
    this.policies.value = new Map(body.map((policy) => [policy.scope, policy]));
  }

  /** What an incident waits for; undefined if it is resolved or closed. Depends on the policies, as a signal does. */
  waitingOf(incident: Incident): Waiting | undefined {
    if (!isOpen(incident)) return undefined;
    const { takeWithin, remindInProgressAfter } = this.policyOf(incident);
    return incident.assignee === null
      ? { since: new Date(incident.created_at), limitMs: durationOf(takeWithin) }
      : { since: new Date(incident.updated_at), limitMs: durationOf(remindInProgressAfter) };
  }

  private policyOf({ source, origin }: Incident): {
    takeWithin?: string | null;
    remindInProgressAfter?: string | null;
  } {
    const chat = CHAT.exec(origin ?? '')?.[1];
    const policies: ReadonlySignal<ReadonlyMap<string, Policy>> = this.policies;
    const policy = (chat === undefined ? undefined : policies.value.get(chat)) ?? policies.value.get(source);
    if (!policy) return { takeWithin: chat === undefined ? null : CHAT_DEFAULT };
    return { takeWithin: policy.take_within, remindInProgressAfter: policy.remind_in_progress_after };
  }
}

const durationOf = (text: string | null | undefined) => (text ? parseDuration(text) : undefined);

export function urgencyOf({ since, limitMs }: Waiting, now: Date): Urgency {
  if (limitMs === undefined) return 'calm';
  const share = (now.getTime() - since.getTime()) / limitMs;
  return share >= 1 ? 'late' : share >= SOON ? 'soon' : 'calm';
}

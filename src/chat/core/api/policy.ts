import type { components } from './schema.js';

type Schemas = components['schemas'];

/** When people in a chat are reminded of its incidents, and who. What is null is off. */
export type Policy = Omit<Schemas['PolicyResponse'], 'scope'>;

/** Changes of a policy: null switches off, and what is absent stays as it is. */
export type PolicyChanges = Schemas['ChangePolicyDto'];

/** What the API applies to a chat without a policy. */
export const DEFAULT_POLICY: Policy = {
  take_within: '15m',
  escalate_after: null,
  remind_in_progress_after: null,
  quiet_hours: null,
  on_duty: null,
  escalate_to: null,
  digest_at: null,
};

/** Whether a response is a policy, and not the response of something else in the API's place. */
export function isPolicy(body: object): body is Policy {
  const policy = body as Partial<Record<keyof Policy, unknown>>;
  const { escalate_after: escalateAfter, ...texts } = policy;
  const names = [
    'take_within',
    'remind_in_progress_after',
    'quiet_hours',
    'on_duty',
    'escalate_to',
    'digest_at',
  ] as const;
  return (
    (escalateAfter === null || typeof escalateAfter === 'number') &&
    names.every((name) => texts[name] === null || typeof texts[name] === 'string')
  );
}

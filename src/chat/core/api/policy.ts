import type { components } from '../../../shared/api-schema.js';

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

const TYPES: Readonly<Record<keyof Policy, 'string' | 'number'>> = {
  take_within: 'string',
  escalate_after: 'number',
  remind_in_progress_after: 'string',
  quiet_hours: 'string',
  on_duty: 'string',
  escalate_to: 'string',
  digest_at: 'string',
};

/** The policy of a response; undefined for the response of something else in the API's place. */
export function policyIn(body: object): Policy | undefined {
  const members = Object.entries(TYPES).map(([name, type]) => {
    const value = (body as Record<string, unknown>)[name];
    return { name, value, isValid: value === null || typeof value === type };
  });
  if (!members.every(({ isValid }) => isValid)) return undefined;
  return Object.fromEntries(members.map(({ name, value }) => [name, value])) as Policy;
}

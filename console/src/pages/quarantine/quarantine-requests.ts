import type { components } from '../../../../src/shared/api-schema.js';
import type { ApiClient } from '../../api/api-client.js';
import { requireRequestError } from '../../api/problems.js';
import { explain } from '../../shell/explain.js';
import { pageTexts } from '../page-texts.js';

export type Quarantined = components['schemas']['QuarantinedResponse'];
export type State = components['schemas']['QuarantineState'] | 'all';
export type Action = 'retry' | 'dismiss';

const PAGE_SIZE = 50;

/** What became of several messages. */
export interface Outcome {
  readonly done: number;
  readonly action: Action;
  readonly refusals: readonly string[];
}

/** The first pages of the messages in a state. */
export async function listMessages(api: ApiClient, state: State, pages: number, signal: AbortSignal) {
  const messages: Quarantined[] = [];
  for (let page = 0; page < pages; page++) {
    const query = { state, limit: PAGE_SIZE, after: messages.at(-1)?.id };
    const { body } = await api.get('/api/v1/quarantine', { query, signal });
    messages.push(...body);
    if (body.length < PAGE_SIZE) return { messages, hasMore: false };
  }
  return { messages, hasMore: true };
}

/** Deals with messages one after the other; what is refused does not stop the rest. */
export async function runForEach(api: ApiClient, action: Action, ids: readonly number[]): Promise<Outcome> {
  const refusals: string[] = [];
  for (const id of ids) {
    try {
      await api.post(`/api/v1/quarantine/{id}/${action}`, { params: { id } });
    } catch (error) {
      requireRequestError(error);
      refusals.push(pageTexts.value.quarantine.refused(id, explain(error)));
    }
  }
  return { done: ids.length - refusals.length, action, refusals };
}

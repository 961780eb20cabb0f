import type { ApiClient } from '../api/api-client.js';
import { requireRequestError } from '../api/problems.js';
import type { Drafts } from './drafts.js';
import { resendDraft } from './send-draft.js';

/** What became of a request that an earlier page had sent. */
export interface Answer {
  readonly id: number;
  readonly kind: 'report' | 'append';
}

/** The place of the draft of a report. */
export const REPORT_PLACE = 'report';

/** The place of the draft of a line for an incident. */
export const appendPlaceOf = (id: number): string => `append:${id}`;

/**
 * Finds out what became of the drafts that were sent before the page was loaded. What the service refuses, and what it does not answer,
 * stays a draft.
 * @param onAnswer is called for each that has taken effect.
 */
export async function resendUnanswered(
  drafts: Drafts,
  api: ApiClient,
  onAnswer: (answer: Answer) => void,
): Promise<void> {
  for (const place of drafts.unanswered()) {
    try {
      const answer = await resendDraft(drafts, place, async ({ key, json }): Promise<Answer> => {
        if (place === REPORT_PLACE) {
          const { body } = await api.post('/api/v1/incidents', { json, idempotencyKey: key });
          return { id: body.id, kind: 'report' };
        }
        const id = Number(place.split(':')[1]);
        const params = { id };
        await api.patch('/api/v1/incidents/{id}', { params, json, idempotencyKey: key });
        return { id, kind: 'append' };
      });
      if (answer) onAnswer(answer);
    } catch (error) {
      requireRequestError(error);
    }
  }
}

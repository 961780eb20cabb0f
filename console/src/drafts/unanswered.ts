import type { ApiClient } from '../api/api-client.js';
import { ApiProblem, NetworkError, requireRequestError } from '../api/problems.js';
import type { Drafts } from './drafts.js';
import { resendDraft } from './send-draft.js';
import { findReport, type SentReport } from './sent-report.js';

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
        if (place === REPORT_PLACE)
          return { id: await resendReport(api, key, json as SentReport), kind: 'report' };
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

async function resendReport(api: ApiClient, key: string, report: SentReport): Promise<number> {
  if (!report.files) {
    const { body } = await api.post('/api/v1/incidents', { json: report, idempotencyKey: key });
    return body.id;
  }
  try {
    return await findReport(api, key);
  } catch (error) {
    // It may have arrived a moment ago, and be committed only now.
    if (error instanceof ApiProblem && error.status === 404) throw new NetworkError({ cause: error });
    throw error;
  }
}

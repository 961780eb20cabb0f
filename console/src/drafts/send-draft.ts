import { isFinalRefusal } from '../api/problems.js';
import type { Attempt, Drafts } from './drafts.js';

/** What became of a draft. */
export interface SentDraft<Result> {
  /**
   * Whether this is the outcome of an earlier request, which had been unknown, and whose text has been edited since: the new text has not been
   * sent, and is still the draft.
   */
  readonly isEarlier: boolean;
  readonly result: Result;
}

/**
 * Sends a draft, and discards it once the service has confirmed it. A request whose outcome is unknown is sent again under its key first:
 * so nothing that was typed takes effect twice, however often somebody sends it.
 * @param json the body of the request with the draft.
 * @param send sends the request, and rejects as `ApiClient` does.
 * @throws what `send` throws; the draft stays.
 */
export async function sendDraft<Result>(
  drafts: Drafts,
  place: string,
  json: unknown,
  send: (attempt: Attempt) => Promise<Result>,
): Promise<SentDraft<Result>> {
  const earlier = drafts.attemptOf(place);
  if (earlier && JSON.stringify(earlier.json) !== JSON.stringify(json)) {
    try {
      return { isEarlier: true, result: await sendAttempt(drafts, place, earlier, send) };
    } catch (error) {
      // Refused: it has had no effect.
      if (drafts.attemptOf(place)) throw error;
    }
  }
  const result = await sendAttempt(drafts, place, drafts.begin(place, json), send);
  return { isEarlier: false, result };
}

/**
 * Finds out the outcome of a request that was sent before the page was loaded: see `Drafts.unanswered`.
 * @returns undefined if there is none.
 * @throws what `send` throws; the draft stays.
 */
export async function resendDraft<Result>(
  drafts: Drafts,
  place: string,
  send: (attempt: Attempt) => Promise<Result>,
): Promise<Result | undefined> {
  const attempt = drafts.attemptOf(place);
  return attempt && sendAttempt(drafts, place, attempt, send);
}

async function sendAttempt<Result>(
  drafts: Drafts,
  place: string,
  attempt: Attempt,
  send: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await send(attempt);
    drafts.discard(place, attempt.text);
    return result;
  } catch (error) {
    if (isFinalRefusal(error)) drafts.refused(place);
    throw error;
  }
}

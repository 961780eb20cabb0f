import { newIdempotencyKey } from '../api/idempotency-key.js';
import { Drafts } from './drafts.js';

/** The drafts in this browser. @param holder the name of who is signed in. */
export function browserDrafts(holder: () => string): Drafts {
  const drafts = new Drafts({
    holder,
    storage: storageOf(window),
    now: Date.now,
    newKey: newIdempotencyKey,
  });
  addEventListener('storage', ({ key, newValue }) => drafts.changedElsewhere(key, newValue));
  addEventListener('pageshow', () => drafts.refresh());
  return drafts;
}

/** The storage; undefined if the browser forbids it. */
function storageOf(page: Window): Storage | undefined {
  try {
    return page.localStorage;
  } catch (error) {
    if ((error as Error).name === 'SecurityError') return undefined;
    throw error;
  }
}

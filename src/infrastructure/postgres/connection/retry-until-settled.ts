import type { Outcome } from '../batching/pending-requests.js';

/**
 * Repeats attempts until each request has an outcome: a request without one is part of the next attempt. If the first attempt
 * rejects, so does this. A later rejection is the outcome of the open requests: the whole must not be retried, since a part of it
 * is done.
 */
export async function retryUntilSettled<Request, Result>(
  requests: readonly Request[],
  attempt: (open: readonly Request[]) => Promise<ReadonlyMap<Request, Outcome<Result>>>,
): Promise<Outcome<Result>[]> {
  const outcomes = new Map<Request, Outcome<Result>>();
  let open = requests;
  while (open.length > 0) {
    try {
      for (const [request, outcome] of await attempt(open)) outcomes.set(request, outcome);
    } catch (error) {
      if (outcomes.size === 0) throw error;
      for (const request of open) outcomes.set(request, { error });
    }
    open = open.filter((request) => !outcomes.has(request));
  }
  return requests.map((request) => outcomes.get(request)!);
}

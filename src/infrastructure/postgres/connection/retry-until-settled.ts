import type { Outcome } from '../batching/pending-requests.js';

/**
 * The outcomes of requests that are settled in rounds: what a round has no outcome for begins again with the next one.
 * A round that rejects is thrown on only while nothing is done yet: after that, the whole must not be tried again.
 */
export async function retryUntilSettled<Request, Result>(
  requests: readonly Request[],
  round: (open: readonly Request[]) => Promise<ReadonlyMap<Request, Outcome<Result>>>,
): Promise<Outcome<Result>[]> {
  const outcomes = new Map<Request, Outcome<Result>>();
  let open = requests;
  while (open.length > 0) {
    try {
      for (const [request, outcome] of await round(open)) outcomes.set(request, outcome);
    } catch (error) {
      if (outcomes.size === 0) throw error;
      for (const request of open) outcomes.set(request, { error });
    }
    open = open.filter((request) => !outcomes.has(request));
  }
  return requests.map((request) => outcomes.get(request)!);
}

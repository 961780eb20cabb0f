/** The result or the error of a request. */
export type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

/** The result. @throws the error of a request that has none. */
export function resultOf<Result>(outcome: Outcome<Result>): Result {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

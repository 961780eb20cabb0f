/** The result or the error of a request. */
export type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

/**
 * Why a request by `fetch` got no response, or only a part of it; without its address, which may contain a secret.
 * @param timeoutMs of the request.
 * @throws the error itself where it is no failure of the network.
 */
export function networkFailure(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `no response in ${timeoutMs} ms`;
  // Errors of fetch about the network have a cause; those about its arguments have none.
  if (name !== 'TypeError' || cause === undefined) throw error;
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message;
}

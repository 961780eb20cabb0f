import type { Principal } from '../../../domain/access/access-key.js';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- Express is extended by its global namespace.
  namespace Express {
    interface Request {
      /** Returned in X-Request-Id, in problems and in the log. */
      requestId: string;
      /** The verified access key; absent on public routes. */
      accessKey?: Principal;
      /** Throws if the key was revoked or has expired since the guard ran: for requests that waited, as for a body. */
      requireKeyAgain?: (request: Request) => void | Promise<void>;
      /** Since when it waits on purpose, in milliseconds of `performance.now()`: its duration is measured up to then. */
      waitsSince?: number;
      /** SHA-256 of the bytes of the body; only for a request with an idempotency key. */
      bodyDigest?: Buffer;
      /** The body of a request whose access key was in it, without the key. */
      authenticatedBody?: Buffer;
      /** Whether the path has an access key or a token, so that it must not be repeated in answers. */
      hasKeyInPath?: boolean;
    }
  }
}

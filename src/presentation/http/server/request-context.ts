import type { Principal } from '../../../domain/access/access-key.js';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- Express is extended by its global namespace.
  namespace Express {
    interface Request {
      /** Returned in X-Request-Id, in problems and in the log. */
      requestId: string;
      /** Whose key it is; absent where none is needed. */
      accessKey?: Principal;
      /** Refuses the request where its key has ended since it was let in: for those that have waited, as for a body. */
      requireKeyAgain?: (request: Request) => void | Promise<void>;
      /** Since when it waits on purpose, in milliseconds of `performance.now()`: its duration is measured up to then. */
      waitsSince?: number;
      /** SHA-256 of the body's bytes, of a request with an idempotency key. */
      bodyDigest?: Buffer;
    }
  }
}

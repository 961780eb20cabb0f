import type { ArgumentsHost } from '@nestjs/common';
import type { Request } from 'express';
import type { Principal } from '../../../domain/access/access-key.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { ContentDigest } from '../signatures/content-digest.js';

/** The request of a guard, a filter or a decorator. `switchToHttp` creates three functions for each call. */
export function requestOf(context: ArgumentsHost): Request {
  return context.getArgByIndex<Request>(0);
}

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
      /** Reads who acts, and through which channel; absent on public routes. */
      provenanceReader?: { read(request: Request): Provenance };
      /** Ends that it counts as one of the concurrent requests of its key. */
      stopCounting?: () => void;
      /** Since when it waits on purpose, in milliseconds of `performance.now()`: its duration is measured up to then. */
      waitsSince?: number;
      /** Of the body of a signed request: whoever reads the body must update it, and compare it before acting. */
      contentDigest?: ContentDigest | undefined;
      /** SHA-256 of the bytes of the body; only for a request with an idempotency key. */
      bodyDigest?: Buffer;
      /** The body of a request whose access key was in it, without the key. */
      authenticatedBody?: Buffer;
      /** The access key that the path had: see `takeKeyFromPath`. */
      keyInPath?: string;
      /** Whether the path has a token, so that it must not be repeated in answers. */
      hasTokenInPath?: boolean;
    }
  }
}

import type { RetryHandler } from '../../application/quarantine/retry-handlers.js';
import type { Principal } from '../../domain/access/access-key.js';
import type { IntakeCountsResponse } from '../intake/intake-counts.dto.js';

/** A request to a channel whose sender is authenticated. */
export interface ReceivedRequest {
  readonly body: Buffer;
  readonly sender: Principal;
  /** The validated query; undefined if the channel declares none. */
  readonly query: unknown;
  /** Undefined if the request has no idempotency key. */
  readonly idempotencyKey: string | undefined;
}

/** Processes the requests of a channel. */
export interface ChannelReceiver extends RetryHandler {
  /** @throws StoreUnavailable if the sender has to retry. */
  receive(request: ReceivedRequest): Promise<IntakeCountsResponse>;
}

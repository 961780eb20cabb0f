import type { IntakeOutcome } from '../../application/intake/intake-metrics.js';
import type { RetryHandler } from '../../application/quarantine/retry-handlers.js';
import type { Principal } from '../../domain/access/access-key.js';

/** A request to a channel whose sender is authenticated. */
export interface ReceivedRequest {
  readonly body: Buffer;
  readonly sender: Principal;
  /** The path of the route below that of the channel, as it was declared; empty for the channel's own path. */
  readonly route: string;
  /** The parameters of the path and the query, and the declared headers, by name. */
  readonly parameters: Parameters;
  /** Undefined if the request has no idempotency key. */
  readonly idempotencyKey: string | undefined;
}

export type Parameters = Readonly<Record<string, string>>;

/** What became of a request. */
export interface ReceivedMessages {
  /** In the order of the messages. */
  readonly outcomes: readonly IntakeOutcome[];
  /** The sender's own name for the cause of its first message; if it has none, one that the service made. */
  readonly dedupKey: string;
}

/** Processes the requests of a channel. */
export interface ChannelReceiver extends RetryHandler {
  /**
   * @throws StoreUnavailable if the sender has to retry.
   * @throws IncompleteMessage if the sender has to correct the message.
   */
  receive(request: ReceivedRequest): Promise<ReceivedMessages>;
}

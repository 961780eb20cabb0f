import type { KeyReference } from '../../domain/access/access-key.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { RawMessage } from '../../domain/quarantine/quarantined-message.js';

/** Retries quarantined messages of a channel. */
export interface RetryHandler {
  /**
   * Processes a message once, however often it is called with this key.
   * @param accessKey the access key of the operator who retries; the history records it.
   * @returns why the message is rejected again; undefined if it was accepted.
   * @throws StoreUnavailable if the operator may retry again.
   */
  retry(message: RawMessage, key: string, accessKey: KeyReference): Promise<string | undefined>;
}

/** The retry handlers by channel. */
export abstract class RetryHandlers {
  /** The handler of a channel; undefined if its messages cannot be retried. */
  abstract of(channel: IncidentChannel): RetryHandler | undefined;
}

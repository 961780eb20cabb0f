import type { KeyReference } from '../../domain/access/access-key.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { RawMessage } from '../../domain/quarantine/quarantined-message.js';

/** Takes in what came by a channel, as it came. */
export interface RetryHandler {
  /**
   * Takes it in once, however often it is called with this key.
   * @param accessKey of whoever asks for it, which the history names.
   * @returns why that cannot be done; undefined where it is done.
   * @throws StoreUnavailable where it can be tried again.
   */
  take(piece: RawMessage, key: string, accessKey: KeyReference): Promise<string | undefined>;
}

/** The channels that leave something in the quarantine. */
export abstract class RetryHandlers {
  abstract of(channel: IncidentChannel): RetryHandler | undefined;
}

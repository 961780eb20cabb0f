import type { IncidentChannel } from '../../domain/incident/incident-channel.js';

/** A notification, which may be sent again with the same bytes. */
export interface ReceivedNotification {
  readonly channel: IncidentChannel;
  /** A digest of its bytes. */
  readonly digest: Buffer;
}

/** Counts how often each notification was processed completely, so that a retry of it is told from the next one with the same bytes. */
export abstract class ReceivedNotifications {
  /** The number of times that it was completed before: the same for all attempts of one, however often it is sent again. */
  abstract completed(notification: ReceivedNotification): Promise<number>;

  /** Marks the attempt that was preceded by `before` completed ones as complete. It has no effect the second time. */
  abstract complete(notification: ReceivedNotification, before: number, at: Date): Promise<void>;
}

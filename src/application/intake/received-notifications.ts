import type { IncidentChannel } from '../../domain/incident/incident-channel.js';

/** One delivery of a notification, which may come again with the same bytes. */
export interface ReceivedNotification {
  readonly channel: IncidentChannel;
  /** A digest of its bytes. */
  readonly digest: Buffer;
}

/** How often notifications have been taken in whole. */
export abstract class ReceivedNotifications {
  /** The number of complete deliveries before this one: the same for all tries of it, however often it is sent again. */
  abstract completed(delivery: ReceivedNotification): Promise<number>;

  /** Says that the delivery with this number before it is complete; nothing, where somebody has said so. */
  abstract complete(delivery: ReceivedNotification, before: number, at: Date): Promise<void>;
}

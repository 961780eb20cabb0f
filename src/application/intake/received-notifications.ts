import type { Workload } from '../../domain/access/workload.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';

/** A notification. A retry and a later notification may have the same bytes. */
export interface ReceivedNotification {
  readonly channel: IncidentChannel;
  /** A digest of its bytes. */
  readonly digest: Buffer;
}

/**
 * Counts how often each notification was processed completely. This distinguishes a retry from a later notification with the
 * same bytes.
 */
export abstract class ReceivedNotifications {
  /** How often the notification was completed before: the same number for all attempts until one completes. */
  abstract completed(notification: ReceivedNotification, workload: Workload): Promise<number>;

  /** Records the completion that follows `before` earlier ones. A second call with the same `before` has no effect. */
  abstract complete(
    notification: ReceivedNotification,
    before: number,
    at: Date,
    workload: Workload,
  ): Promise<void>;
}

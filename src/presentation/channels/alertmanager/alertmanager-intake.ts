import { hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { RetryHandler } from '../../../application/quarantine/retry-handlers.js';
import { Clock } from '../../../application/operations/clock.js';
import { ReceivedNotifications } from '../../../application/intake/received-notifications.js';
import { IntakeMetrics, type IntakeOutcome } from '../../../application/intake/intake-metrics.js';
import { Quarantine } from '../../../application/quarantine/quarantine.js';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Principal, KeyReference } from '../../../domain/access/access-key.js';
import { DomainError } from '../../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { RawMessage, RawHeaders } from '../../../domain/quarantine/quarantined-message.js';
import { OWN_WORK } from '../../../domain/access/workload.js';
import { AlertActions, allSettled, alone, CHANNEL } from './alert-actions.js';
import { type Alert, readNotification, type UnreadableAlert } from './notification.js';

/** A notification of more alerts gives precedence to single requests. */
const MAX_URGENT = 16;
/** More that cannot be read are not kept one by one. */
const MAX_UNREADABLE = 100;
/** The name of the cluster among the headers of a piece in the quarantine. */
const CLUSTER = 'cluster';
const authorWith = (accessKey: KeyReference): Provenance => ({ actor: CHANNEL, accessKey, channel: CHANNEL });

/** What has become of the alerts of a notification, by the number. */
export type Taken = Readonly<Record<Exclude<IntakeOutcome, 'rejected' | 'unavailable'>, number>>;

/**
 * Takes in notifications. An alert is a report of the problem that its fingerprint names; when it is resolved, so is the
 * incident. A notification that was taken in by half, and is sent again since it was not answered, is taken in once.
 */
@Injectable()
export class AlertmanagerIntake implements RetryHandler {
  private readonly logger = new Logger('Alertmanager');

  constructor(
    private readonly actions: AlertActions,
    private readonly deliveries: ReceivedNotifications,
    private readonly quarantine: Quarantine,
    private readonly limits: RateLimiter,
    private readonly metrics: IntakeMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes in a notification as it came. What cannot be understood goes to the quarantine: Alertmanager drops what it gets a
   * 4xx for. Each alert counts as a request of the key; a notification is not refused for that, however many it has, since
   * it would be for ever: what comes next is.
   * @param accessKey of whoever has sent it.
   * @param cluster whose alerts these are: those of different clusters are different problems, whatever their labels are.
   * @throws StoreUnavailable where it is to be sent again.
   */
  async receive(payload: Buffer, accessKey: Principal, cluster?: string): Promise<Taken> {
    const origin = { payload, headers: headersOf(cluster) };
    const { principal } = accessKey;
    const notification = await readNotification(payload, { cluster, principal });
    if (typeof notification === 'string') {
      const name = hash('sha256', payload, 'hex');
      return countsOf([await this.counted(() => this.putAside(name, notification, origin))]);
    }
    const { digest, alerts, unreadable, truncatedAlerts } = notification;
    if (truncatedAlerts > 0) this.tellOfTruncated(truncatedAlerts);
    await this.countFurther(principal, alerts.length + unreadable.length - 1);
    const sender = {
      author: authorWith(accessKey),
      workload: { principal, isBulk: alerts.length > MAX_URGENT },
    };
    const name = digest.toString('hex');
    const delivery = { channel: CHANNEL, digest } as const;
    const before = await this.deliveries.completed(delivery);
    const outcomes = await this.actions.actOn(alerts, sender, (alert, n, act) =>
      this.counted(() => this.settle(alert, () => act(`${name}:${before}:${n}`), `${name}:${n}`, cluster)),
    );
    outcomes.push(...(await this.putUnreadableAside(unreadable, name, origin)));
    await this.deliveries.complete(delivery, before, this.clock.now());
    return countsOf(outcomes);
  }

  async take(
    { payload, headers }: RawMessage,
    key: string,
    accessKey: KeyReference,
  ): Promise<string | undefined> {
    const cluster = headers.find(([name]) => name === CLUSTER)?.[1].toString();
    const notification = await readNotification(payload, { cluster, ...OWN_WORK });
    if (typeof notification === 'string') return notification;
    const { alerts, unreadable } = notification;
    if (unreadable.length > 0) return unreadable[0]!.reason;
    try {
      const sender = { author: authorWith(accessKey), workload: OWN_WORK };
      await this.actions.actOn(alerts, sender, (_, n, act) => act(`${key}:${n}`));
      return undefined;
    } catch (error) {
      if (error instanceof IdempotencyKeyInUse) throw new StoreUnavailable({ cause: error });
      if (error instanceof DomainError) return error.message;
      throw error;
    }
  }

  /** The sender has left them out for good, by its own limit: nobody but its operator can bring them back. */
  private tellOfTruncated(alerts: number): void {
    this.metrics.truncated(CHANNEL, alerts);
    this.logger.warn(`${alerts} alerts were left out of a notification by its sender: see max_alerts`);
  }

  /** Each alone, so that it can be tried again; where it is the notification that is wrong, all of it as one piece. */
  private async putUnreadableAside(
    alerts: readonly UnreadableAlert[],
    name: string,
    { payload, headers }: RawMessage,
  ): Promise<IntakeOutcome[]> {
    if (alerts.length <= MAX_UNREADABLE) {
      return allSettled(
        alerts.map((alert, n) =>
          this.counted(() =>
            this.putAside(`${name}:unreadable:${n}`, alert.reason, { payload: alone(alert), headers }),
          ),
        ),
      );
    }
    const reason = `${alerts.length} alerts cannot be read, the first for this reason: ${alerts[0]!.reason}`;
    return [await this.counted(() => this.putAside(name, reason, { payload, headers }))];
  }

  /** @param reference names the alert in the quarantine, where the register refuses it. */
  private async settle(
    alert: Alert,
    act: () => Promise<IntakeOutcome>,
    reference: string,
    cluster: string | undefined,
  ): Promise<IntakeOutcome> {
    try {
      return await act();
    } catch (error) {
      // Another of a pair of Alertmanagers is at it: that is no reason to drop it.
      if (error instanceof IdempotencyKeyInUse) throw new StoreUnavailable({ cause: error });
      if (!(error instanceof DomainError)) throw error;
      return this.putAside(reference, error.message, { payload: alone(alert), headers: headersOf(cluster) });
    }
  }

  /** The request itself was counted before it was read. */
  private async countFurther(principal: string, alerts: number): Promise<void> {
    if (this.limits.limitsRequests && alerts > 0) await this.limits.countRequest(principal, alerts);
  }

  private async putAside(reference: string, reason: string, content: RawMessage): Promise<IntakeOutcome> {
    await this.quarantine.keep({ channel: CHANNEL, reference, reason, ...content, at: this.clock.now() });
    return 'quarantined';
  }

  private counted(take: () => Promise<IntakeOutcome>): Promise<IntakeOutcome> {
    return this.metrics.counted(CHANNEL, take);
  }
}

/** The cluster as it is kept beside a piece, so that the piece can be tried again. */
function headersOf(cluster: string | undefined): RawHeaders {
  return cluster === undefined ? [] : [[CLUSTER, Buffer.from(cluster)]];
}

function countsOf(outcomes: readonly IntakeOutcome[]): Taken {
  const count = (outcome: IntakeOutcome) => outcomes.filter((one) => one === outcome).length;
  return {
    created: count('created'),
    duplicate: count('duplicate'),
    updated: count('updated'),
    quarantined: count('quarantined'),
  };
}

import { hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { IntakeMetrics, type IntakeOutcome } from '../../../application/intake/intake-metrics.js';
import { ReportIntake, rejectionOfRetry } from '../../../application/intake/report-intake.js';
import type { KeyReference } from '../../../domain/access/access-key.js';
import { OWN_WORK } from '../../../domain/access/workload.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { RawHeaders, RawMessage } from '../../../domain/quarantine/quarantined-message.js';
import { allSettled } from '../../../shared/all-settled.js';
import { BatchIntake } from '../batch-intake.js';
import type { ChannelReceiver, ReceivedMessages, ReceivedRequest } from '../channel-receiver.js';
import { AlertActions, CHANNEL, payloadOf } from './alert-actions.js';
import { readNotification, type UnreadableAlert } from './notification.js';

/** With more unreadable alerts, the whole notification is quarantined instead of each alert. */
const MAX_UNREADABLE_ALERTS = 100;
/** The header of a quarantined message with the name of the cluster. */
const CLUSTER_HEADER = 'cluster';

const provenanceWith = (accessKey: KeyReference): Provenance => ({
  actor: CHANNEL,
  accessKey,
  channel: CHANNEL,
});

/**
 * Receives notifications. A firing alert reports the cause that its fingerprint identifies; a resolved alert resolves the incident.
 * A notification takes effect once, even if an attempt processed only a part of it and the sender retries.
 */
@Injectable()
export class NotificationReceiver implements ChannelReceiver {
  private readonly logger = new Logger('Alertmanager');

  constructor(
    private readonly actions: AlertActions,
    private readonly intake: ReportIntake,
    private readonly batches: BatchIntake,
    private readonly metrics: IntakeMetrics,
  ) {}

  /**
   * Processes a notification. Invalid alerts are quarantined, since Alertmanager drops a notification after a 4xx.
   * @throws StoreUnavailable if the sender has to retry.
   */
  async receive({ body, sender, parameters }: ReceivedRequest): Promise<ReceivedMessages> {
    const { cluster } = parameters;
    const headers = headersOf(cluster);
    const { principal } = sender;
    const notification = await readNotification(body, { cluster, principal });
    if (typeof notification === 'string') {
      const received = messageOf(hash('sha256', body, 'hex'), { payload: body, headers });
      return { outcomes: [await this.intake.quarantineMessage(received, notification)], dedupKey: '' };
    }
    const { digest, alerts, unreadable, truncatedAlerts } = notification;
    if (truncatedAlerts > 0) this.recordTruncated(truncatedAlerts);
    const name = digest.toString('hex');
    const messages = alerts.length + unreadable.length;
    const request = { channel: CHANNEL, digest, principal, messages };
    const outcomes = await this.batches.processOnce(request, async (before, workload) => {
      const context = { provenance: provenanceWith(sender), workload };
      const outcomes = await this.actions.processAll(alerts, context, (alert, n, process) =>
        this.intake.accept(messageOf(`${name}:${n}`, { payload: payloadOf(alert), headers }), () =>
          process(`${name}:${before}:${n}`),
        ),
      );
      const quarantined = await this.quarantineUnreadable(unreadable, name, { payload: body, headers });
      return [...outcomes, ...quarantined];
    });
    return { outcomes, dedupKey: alerts[0]?.dedupKey ?? '' };
  }

  async retry(
    { payload, headers }: RawMessage,
    key: string,
    accessKey: KeyReference,
  ): Promise<string | undefined> {
    const cluster = headers.find(([name]) => name === CLUSTER_HEADER)?.[1].toString();
    const notification = await readNotification(payload, { cluster, ...OWN_WORK });
    if (typeof notification === 'string') return notification;
    const { alerts, unreadable } = notification;
    if (unreadable.length > 0) return unreadable[0]!.reason;
    const context = { provenance: provenanceWith(accessKey), workload: OWN_WORK };
    return rejectionOfRetry(() =>
      this.actions.processAll(alerts, context, (_, n, process) => process(`${key}:${n}`)),
    );
  }

  /** The sender omits these alerts by its own limit, which only its operator can raise. */
  private recordTruncated(alerts: number): void {
    this.metrics.truncated(CHANNEL, alerts);
    this.logger.warn(`the sender omitted ${alerts} alerts from a notification: see max_alerts`);
  }

  /** Quarantines each alert separately, so that it can be retried; or the whole notification if there are too many. */
  private async quarantineUnreadable(
    alerts: readonly UnreadableAlert[],
    name: string,
    { payload, headers }: RawMessage,
  ): Promise<IntakeOutcome[]> {
    if (alerts.length <= MAX_UNREADABLE_ALERTS) {
      return allSettled(
        alerts.map((alert, n) => {
          const message = messageOf(`${name}:unreadable:${n}`, { payload: payloadOf(alert), headers });
          return this.intake.quarantineMessage(message, alert.reason);
        }),
      );
    }
    const reason = `${alerts.length} alerts are unreadable; the first: ${alerts[0]!.reason}`;
    return [await this.intake.quarantineMessage(messageOf(name, { payload, headers }), reason)];
  }
}

const messageOf = (reference: string, content: RawMessage) => ({ channel: CHANNEL, reference, ...content });

/** The cluster as a header of a quarantined message, which a retry needs. */
function headersOf(cluster: string | undefined): RawHeaders {
  return cluster === undefined ? [] : [[CLUSTER_HEADER, Buffer.from(cluster)]];
}

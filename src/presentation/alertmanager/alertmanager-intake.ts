import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ChannelIntake } from '../../application/intake/channel-intakes.js';
import { ResolveProblem } from '../../application/intake/resolve-problem.js';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { Clock } from '../../application/ports/clock.js';
import { Deliveries } from '../../application/ports/deliveries.js';
import { IntakeMetrics, type IntakeOutcome, outcomeOf } from '../../application/ports/intake-metrics.js';
import { Quarantine } from '../../application/ports/quarantine.js';
import { RateLimits } from '../../application/ports/rate-limits.js';
import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';
import type { KeyHolder, KeyReference } from '../../domain/access/access-key.js';
import { DomainError } from '../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../domain/idempotency.js';
import type { Author } from '../../domain/incident/incident-channel.js';
import type { PieceContent } from '../../domain/intake/quarantined.js';
import { OWN_WORK, type Workload } from '../../domain/workload.js';
import { type Alert, readNotification, type UnreadableAlert } from './notification.js';

const CHANNEL = 'alertmanager';
/** So many alerts are taken in at once: a batch or two, since the queues of the register are for others too. */
const AT_ONCE = 256;
/** A notification of more alerts gives precedence to single requests. */
const MAX_URGENT = 16;
/** More that cannot be read are not kept one by one. */
const MAX_UNREADABLE = 100;
const SCOPE = 'POST /intake/alertmanager';
const authorWith = (accessKey: KeyReference): Author => ({
  actor: 'alertmanager',
  accessKey,
  channel: CHANNEL,
});

/** What has become of the alerts of a notification, by the number. */
export type Taken = Readonly<Record<Exclude<IntakeOutcome, 'refused'>, number>>;

/**
 * Takes in notifications. An alert is a report of the problem that its fingerprint names; when it is resolved, so is the
 * incident. A notification that was taken in by half, and is sent again since it was not answered, is taken in once.
 */
@Injectable()
export class AlertmanagerIntake implements ChannelIntake {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly resolveProblem: ResolveProblem,
    private readonly deliveries: Deliveries,
    private readonly quarantine: Quarantine,
    private readonly limits: RateLimits,
    private readonly metrics: IntakeMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes in a notification as it came. What cannot be understood goes to the quarantine: Alertmanager drops what it gets a
   * 4xx for. Each alert counts as a request of the key; a notification is not refused for that, however many it has, since
   * it would be for ever: what comes next is.
   * @param accessKey of whoever has sent it.
   * @throws RegisterUnavailable where it is to be sent again.
   */
  async receive(payload: Buffer, accessKey: KeyHolder): Promise<Taken> {
    const notification = await readNotification(payload);
    if (typeof notification === 'string') {
      const name = hash('sha256', payload, 'hex');
      return countsOf([await this.counted(() => this.putAside(name, notification, payload))]);
    }
    const { digest, alerts, unreadable } = notification;
    const { principal } = accessKey;
    await this.countFurther(principal, alerts.length + unreadable.length - 1);
    const workload = { principal, isBulk: alerts.length > MAX_URGENT };
    const name = digest.toString('hex');
    const delivery = { channel: CHANNEL, digest } as const;
    const before = await this.deliveries.completed(delivery);
    const author = authorWith(accessKey);
    const outcomes: IntakeOutcome[] = [];
    for (let from = 0; from < alerts.length; from += AT_ONCE) {
      const some = alerts.slice(from, from + AT_ONCE);
      const settled = some.map((alert, n) => {
        const reference = `${name}:${from + n}`;
        return this.counted(() =>
          this.settle(alert, author, `${name}:${before}:${from + n}`, reference, workload),
        );
      });
      outcomes.push(...(await allSettled(settled)));
    }
    outcomes.push(...(await this.putUnreadableAside(unreadable, name, payload)));
    await this.deliveries.complete(delivery, before, this.clock.now());
    return countsOf(outcomes);
  }

  async take({ payload }: PieceContent, key: string, accessKey: KeyReference): Promise<string | undefined> {
    const notification = await readNotification(payload);
    if (typeof notification === 'string') return notification;
    const { alerts, unreadable } = notification;
    if (unreadable.length > 0) return unreadable[0]!.reason;
    try {
      const author = authorWith(accessKey);
      for (const [n, alert] of alerts.entries()) await this.act(alert, author, `${key}:${n}`, OWN_WORK);
      return undefined;
    } catch (error) {
      if (error instanceof IdempotencyKeyInUse) throw new RegisterUnavailable({ cause: error });
      if (error instanceof DomainError) return error.message;
      throw error;
    }
  }

  /** Each alone, so that it can be tried again; where it is the notification that is wrong, all of it as one piece. */
  private async putUnreadableAside(
    alerts: readonly UnreadableAlert[],
    name: string,
    payload: Buffer,
  ): Promise<IntakeOutcome[]> {
    if (alerts.length <= MAX_UNREADABLE) {
      return allSettled(
        alerts.map((alert, n) =>
          this.counted(() => this.putAside(`${name}:unreadable:${n}`, alert.reason, alone(alert))),
        ),
      );
    }
    const reason = `${alerts.length} alerts cannot be read, the first for this reason: ${alerts[0]!.reason}`;
    return [await this.counted(() => this.putAside(name, reason, payload))];
  }

  /** @param reference names the alert in the quarantine, where the register refuses it. */
  private async settle(
    alert: Alert,
    author: Author,
    key: string,
    reference: string,
    workload: Workload,
  ): Promise<IntakeOutcome> {
    try {
      return await this.act(alert, author, key, workload);
    } catch (error) {
      // Another of a pair of Alertmanagers is at it: that is no reason to drop it.
      if (error instanceof IdempotencyKeyInUse) throw new RegisterUnavailable({ cause: error });
      if (!(error instanceof DomainError)) throw error;
      return this.putAside(reference, error.message, alone(alert));
    }
  }

  private async act(
    { isFiring, fingerprint, text }: Alert,
    author: Author,
    key: string,
    workload: Workload,
  ): Promise<IntakeOutcome> {
    const idempotency = { scope: SCOPE, key, fingerprint: hash('sha256', text, 'buffer') };
    if (isFiring) {
      const report = { description: text, source: 'monitoring', dedupKey: fingerprint } as const;
      return outcomeOf(await this.reportIncident.execute({ ...report, ...author, idempotency, workload }));
    }
    await this.resolveProblem.execute({ dedupKey: fingerprint, ...author, idempotency, workload });
    return 'applied';
  }

  /** The request itself was counted before it was read. */
  private async countFurther(principal: string, alerts: number): Promise<void> {
    if (this.limits.limitsRequests && alerts > 0) await this.limits.countRequest(principal, alerts);
  }

  private async putAside(reference: string, reason: string, payload: Buffer): Promise<IntakeOutcome> {
    const at = this.clock.now();
    await this.quarantine.keep({ channel: CHANNEL, reference, reason, payload, headers: [], at });
    return 'quarantined';
  }

  private counted(take: () => Promise<IntakeOutcome>): Promise<IntakeOutcome> {
    return this.metrics.counted(CHANNEL, take);
  }
}

/** What they resolve with, once all are settled: then what is committed is known again by its key. */
async function allSettled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** A notification of this alert alone, which can be taken in when it is tried again. */
function alone({ json }: { readonly json: unknown }): Buffer {
  return Buffer.from(JSON.stringify({ version: '4', alerts: [json] }));
}

function countsOf(outcomes: readonly IntakeOutcome[]): Taken {
  const count = (outcome: IntakeOutcome) => outcomes.filter((one) => one === outcome).length;
  return {
    created: count('created'),
    repeated: count('repeated'),
    applied: count('applied'),
    quarantined: count('quarantined'),
  };
}

import { hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { ChannelIntake } from '../../application/intake/channel-intakes.js';
import { ResolveProblem } from '../../application/intake/resolve-problem.js';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { AlertEpisodes, type Episodes } from '../../application/ports/alert-episodes.js';
import { Clock } from '../../application/ports/clock.js';
import { Deliveries } from '../../application/ports/deliveries.js';
import { IntakeMetrics, type IntakeOutcome, outcomeOf } from '../../application/ports/intake-metrics.js';
import { Quarantine } from '../../application/ports/quarantine.js';
import { RateLimits } from '../../application/ports/rate-limits.js';
import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';
import { DomainError } from '../../domain/domain-error.js';
import { type IdempotencyKey, IdempotencyKeyInUse } from '../../domain/idempotency.js';
import type { Recorded } from '../../domain/incident/incident-repository.js';
import type { PieceContent, PieceHeaders } from '../../domain/intake/quarantined.js';
import { OWN_WORK, type Workload } from '../../domain/workload.js';
import { isTooLong, shortenedText, wholeText } from './alert-text.js';
import { episodesOf, hasFiredSince, isResolved, lateUntil, wasReported } from './episodes.js';
import { type Alert, readNotification, type UnreadableAlert } from './notification.js';

const CHANNEL = 'alertmanager';
/** So many alerts are taken in at once: a batch or two, since the queues of the register are for others too. */
const AT_ONCE = 256;
/** A notification of more alerts gives precedence to single requests. */
const MAX_URGENT = 16;
/** More that cannot be read are not kept one by one. */
const MAX_UNREADABLE = 100;
const SCOPE = 'POST /intake/alertmanager';
/** The name of the cluster among the headers of a piece in the quarantine. */
const CLUSTER = 'cluster';
const AUTHOR = { actor: 'alertmanager', channel: CHANNEL } as const;

/** What has become of the alerts of a notification, by the number. */
export type Taken = Readonly<Record<Exclude<IntakeOutcome, 'refused' | 'unavailable'>, number>>;

/**
 * Takes in notifications. An alert is a report of the problem that its fingerprint names; when it is resolved, so is the
 * incident. A notification that was taken in by half, and is sent again since it was not answered, is taken in once.
 *
 * Notifications come in any order. By the time when it began, an episode of an alert is told from earlier and later ones: one
 * that was resolved does not fire again, and its end does not end the next one.
 */
@Injectable()
export class AlertmanagerIntake implements ChannelIntake {
  private readonly logger = new Logger('Alertmanager');

  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly resolveProblem: ResolveProblem,
    private readonly episodes: AlertEpisodes,
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
   * @param principal the name of the access key.
   * @param cluster whose alerts these are: those of different clusters are different problems, whatever their labels are.
   * @throws RegisterUnavailable where it is to be sent again.
   */
  async receive(payload: Buffer, principal: string, cluster?: string): Promise<Taken> {
    const origin = { payload, headers: headersOf(cluster) };
    const notification = readNotification(payload, cluster);
    if (typeof notification === 'string') {
      const name = hash('sha256', payload, 'hex');
      return countsOf([await this.counted(() => this.putAside(name, notification, origin))]);
    }
    const { digest, alerts, unreadable, truncatedAlerts } = notification;
    if (truncatedAlerts > 0) this.tellOfTruncated(truncatedAlerts);
    await this.countFurther(principal, alerts.length + unreadable.length - 1);
    const workload = { principal, isBulk: alerts.length > MAX_URGENT };
    const name = digest.toString('hex');
    const delivery = { channel: CHANNEL, digest } as const;
    const before = await this.deliveries.completed(delivery);
    const outcomes = await this.actOn(alerts, workload, (alert, n, act) =>
      this.counted(() => this.settle(alert, () => act(`${name}:${before}:${n}`), `${name}:${n}`, cluster)),
    );
    outcomes.push(...(await this.putUnreadableAside(unreadable, name, origin)));
    await this.deliveries.complete(delivery, before, this.clock.now());
    return countsOf(outcomes);
  }

  async take({ payload, headers }: PieceContent, key: string): Promise<string | undefined> {
    const cluster = headers.find(([name]) => name === CLUSTER)?.[1].toString();
    const notification = readNotification(payload, cluster);
    if (typeof notification === 'string') return notification;
    const { alerts, unreadable } = notification;
    if (unreadable.length > 0) return unreadable[0]!.reason;
    try {
      await this.actOn(alerts, OWN_WORK, (_, n, act) => act(`${key}:${n}`));
      return undefined;
    } catch (error) {
      if (error instanceof IdempotencyKeyInUse) throw new RegisterUnavailable({ cause: error });
      if (error instanceof DomainError) return error.message;
      throw error;
    }
  }

  /** The sender has left them out for good, by its own limit: nobody but its operator can bring them back. */
  private tellOfTruncated(alerts: number): void {
    this.metrics.truncated(CHANNEL, alerts);
    this.logger.warn(`${alerts} alerts were left out of a notification by its sender: see max_alerts`);
  }

  /**
   * Does for each alert what it says, so many at a time, and resolves with the outcomes.
   * @param settle is called for each, with its position and what does it under an idempotency key.
   */
  private async actOn(
    alerts: readonly Alert[],
    workload: Workload,
    settle: (
      alert: Alert,
      position: number,
      act: (key: string) => Promise<IntakeOutcome>,
    ) => Promise<IntakeOutcome>,
  ): Promise<IntakeOutcome[]> {
    const outcomes: IntakeOutcome[] = [];
    for (let from = 0; from < alerts.length; from += AT_ONCE) {
      const some = alerts.slice(from, from + AT_ONCE);
      // Before they are acted on: a firing alert of the same episode that comes at the same moment is to know of it.
      await this.episodes.recordResolved(episodesOf(some, false), this.clock.now());
      const known = await this.episodes.find(some.map(({ dedupKey }) => dedupKey));
      const keys = new Map<Alert, string>();
      const settled = some.map((alert, n) =>
        settle(alert, from + n, (key) => {
          keys.set(alert, key);
          return this.act(alert, key, known.get(alert.dedupKey), workload);
        }),
      );
      outcomes.push(...(await allSettled(settled)));
      await this.endReported(some, known, keys, workload);
    }
    return outcomes;
  }

  /** Records which episodes were reported, and ends those again that were resolved at the same moment. */
  private async endReported(
    alerts: readonly Alert[],
    known: ReadonlyMap<string, Episodes>,
    keys: ReadonlyMap<Alert, string>,
    workload: Workload,
  ): Promise<void> {
    const now = await this.episodes.recordReported(episodesOf(alerts, true), this.clock.now());
    const ended = alerts.filter((alert) => {
      const wasResolved = isResolved(alert, known.get(alert.dedupKey));
      return alert.isFiring && !wasResolved && isResolved(alert, now.get(alert.dedupKey));
    });
    await allSettled(ended.map((alert) => this.resolve(alert, `${keys.get(alert)}:end`, workload)));
  }

  /** Each alone, so that it can be tried again; where it is the notification that is wrong, all of it as one piece. */
  private async putUnreadableAside(
    alerts: readonly UnreadableAlert[],
    name: string,
    { payload, headers }: PieceContent,
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
      if (error instanceof IdempotencyKeyInUse) throw new RegisterUnavailable({ cause: error });
      if (!(error instanceof DomainError)) throw error;
      return this.putAside(reference, error.message, { payload: alone(alert), headers: headersOf(cluster) });
    }
  }

  private async act(
    alert: Alert,
    key: string,
    known: Episodes | undefined,
    workload: Workload,
  ): Promise<IntakeOutcome> {
    if (!alert.isFiring) {
      if (hasFiredSince(alert, known)) return 'repeated';
      await this.resolve(alert, key, workload);
      return 'applied';
    }
    const isLate = isResolved(alert, known) && this.clock.now().getTime() < lateUntil(known!);
    if (isLate && wasReported(alert, known)) return 'repeated';
    const outcome = outcomeOf(await this.report(alert, key, workload));
    // It was resolved before anybody heard of it: it is reported all the same, and is over.
    if (isLate) await this.resolve(alert, `${key}:end`, workload);
    return outcome;
  }

  private async report(alert: Alert, key: string, workload: Workload): Promise<Recorded> {
    const { dedupKey } = alert;
    const description = isTooLong(alert.text) ? await this.archived(alert) : wholeText(alert.text);
    const idempotency = requestOf(alert, key);
    return this.reportIncident.execute({
      description,
      source: 'monitoring',
      dedupKey,
      ...AUTHOR,
      idempotency,
      workload,
    });
  }

  private async resolve(alert: Alert, key: string, workload: Workload): Promise<void> {
    const { dedupKey } = alert;
    const idempotency = requestOf(alert, key);
    await this.resolveProblem.execute({ dedupKey, ...AUTHOR, idempotency, workload });
  }

  /** The beginning of a text that is too long, and where the rest is: all of the alert is kept before a part is reported. */
  private async archived(alert: Alert): Promise<string> {
    const id = await this.quarantine.archive({
      channel: CHANNEL,
      reference: `alert:${alert.dedupKey}`,
      reason: 'The text of the alert is too long for a report: the incident has a part of it.',
      payload: alone(alert),
      headers: [],
      at: this.clock.now(),
    });
    return shortenedText(alert.text, `/api/v1/quarantine/${id}/payload`);
  }

  /** The request itself was counted before it was read. */
  private async countFurther(principal: string, alerts: number): Promise<void> {
    if (this.limits.limitsRequests && alerts > 0) await this.limits.countRequest(principal, alerts);
  }

  private async putAside(reference: string, reason: string, content: PieceContent): Promise<IntakeOutcome> {
    await this.quarantine.keep({ channel: CHANNEL, reference, reason, ...content, at: this.clock.now() });
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

/** What the alert asks for under this key. Not its text, in which each of a pair of Alertmanagers names its own address. */
function requestOf({ json }: Alert, key: string): IdempotencyKey {
  return { scope: SCOPE, key, fingerprint: hash('sha256', JSON.stringify(json), 'buffer') };
}

/** The cluster as it is kept beside a piece, so that the piece can be tried again. */
function headersOf(cluster: string | undefined): PieceHeaders {
  return cluster === undefined ? [] : [[CLUSTER, Buffer.from(cluster)]];
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

import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ReportIncident } from '../../../application/incident/report-incident.js';
import { ResolveByDedupKey } from '../../../application/intake/resolve-by-dedup-key.js';
import { AlertEpisodes, type Episodes } from '../../../application/intake/alert-episodes.js';
import { Clock } from '../../../application/operations/clock.js';
import { type IntakeOutcome, outcomeOf } from '../../../application/intake/intake-metrics.js';
import { Quarantine } from '../../../application/quarantine/quarantine.js';
import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import type { Workload } from '../../../domain/access/workload.js';
import { isTooLong, shortenedText, wholeText } from './alert-text.js';
import { episodesOf, hasFiredSince, isResolved, lateUntil, wasReported } from './episodes.js';
import type { Alert } from './notification.js';

/** As which channel alerts come. */
export const CHANNEL = 'alertmanager';

/** How many alerts are acted on at a time. */
const AT_ONCE = 256;
const SCOPE = 'POST /intake/alertmanager';

/** On whose behalf alerts are acted on. */
export interface AlertSender {
  readonly author: Provenance;
  readonly workload: Workload;
}

/**
 * Does what alerts say. Notifications come in any order: by the time when it began, an episode of an alert is told from earlier
 * and later ones. One that was resolved does not fire again, and its end does not end the next one.
 */
@Injectable()
export class AlertActions {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly resolveProblem: ResolveByDedupKey,
    private readonly episodes: AlertEpisodes,
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
  ) {}

  /**
   * Does for each alert what it says, so many at a time, and resolves with the outcomes.
   * @param settle is called for each, with its position and what does it under an idempotency key.
   */
  async actOn(
    alerts: readonly Alert[],
    sender: AlertSender,
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
          return this.act(alert, key, known.get(alert.dedupKey), sender);
        }),
      );
      outcomes.push(...(await allSettled(settled)));
      await this.endReported(some, known, keys, sender);
    }
    return outcomes;
  }

  /** Records which episodes were reported, and ends those again that were resolved at the same moment. */
  private async endReported(
    alerts: readonly Alert[],
    known: ReadonlyMap<string, Episodes>,
    keys: ReadonlyMap<Alert, string>,
    sender: AlertSender,
  ): Promise<void> {
    const now = await this.episodes.recordReported(episodesOf(alerts, true), this.clock.now());
    const ended = alerts.filter((alert) => {
      const wasResolved = isResolved(alert, known.get(alert.dedupKey));
      return alert.isFiring && !wasResolved && isResolved(alert, now.get(alert.dedupKey));
    });
    await allSettled(ended.map((alert) => this.resolve(alert, `${keys.get(alert)}:end`, sender)));
  }

  private async act(
    alert: Alert,
    key: string,
    known: Episodes | undefined,
    sender: AlertSender,
  ): Promise<IntakeOutcome> {
    if (!alert.isFiring) {
      if (hasFiredSince(alert, known)) return 'duplicate';
      await this.resolve(alert, key, sender);
      return 'updated';
    }
    const isLate = isResolved(alert, known) && this.clock.now().getTime() < lateUntil(known!);
    if (isLate && wasReported(alert, known)) return 'duplicate';
    const outcome = outcomeOf(await this.report(alert, key, sender));
    // It was resolved before anybody heard of it: it is reported all the same, and is over.
    if (isLate) await this.resolve(alert, `${key}:end`, sender);
    return outcome;
  }

  private async report(alert: Alert, key: string, sender: AlertSender): Promise<WriteResult> {
    const { dedupKey } = alert;
    const description = isTooLong(alert.text) ? await this.archived(alert) : wholeText(alert.text);
    const idempotency = requestOf(alert, key);
    return this.reportIncident.execute({
      description,
      source: 'monitoring',
      dedupKey,
      ...sender.author,
      workload: sender.workload,
      idempotency,
    });
  }

  private async resolve(alert: Alert, key: string, sender: AlertSender): Promise<void> {
    const { dedupKey } = alert;
    const idempotency = requestOf(alert, key);
    await this.resolveProblem.execute({ dedupKey, ...sender.author, workload: sender.workload, idempotency });
  }

  /** The beginning of a text that is too long, and where the rest is: the whole alert is stored before a part is reported. */
  private async archived(alert: Alert): Promise<string> {
    const id = await this.quarantine.archive({
      channel: CHANNEL,
      reference: `alert:${alert.dedupKey}`,
      reason: 'The text of the alert is too long for a report: the incident has a part of it.',
      payload: alone(alert),
      headers: [],
      at: this.clock.now(),
    });
    return shortenedText(alert.text, id === undefined ? undefined : `/api/v1/quarantine/${id}/payload`);
  }
}

/** What they resolve with, once all are settled: then what is committed is known again by its key. */
export async function allSettled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** A notification of this alert alone, which can be taken in when it is tried again. */
export function alone({ json }: { readonly json: unknown }): Buffer {
  return Buffer.from(JSON.stringify({ version: '4', alerts: [json] }));
}

/** What the alert asks for under this key. Not its text, in which each of a pair of Alertmanagers names its own address. */
function requestOf({ json }: Alert, key: string): IdempotencyKey {
  return { scope: SCOPE, key, fingerprint: hash('sha256', JSON.stringify(json), 'buffer') };
}

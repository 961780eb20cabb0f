import { Injectable } from '@nestjs/common';
import { ReportIncident } from '../../../application/incident/report-incident.js';
import { ChangeByDedupKey } from '../../../application/intake/change-by-dedup-key.js';
import { AlertEpisodes, type Episodes } from '../../../application/intake/alert-episodes.js';
import { Clock } from '../../../application/operations/clock.js';
import { type IntakeOutcome, outcomeOf } from '../../../application/intake/intake-metrics.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import { allSettled } from '../../../shared/all-settled.js';
import type { Workload } from '../../../domain/access/workload.js';
import { digestOf } from '../../http/body/json-body.js';
import { inBatches } from '../batch-intake.js';
import { LongTexts } from '../long-texts.js';
import { episodesOf, hasFiredSince, isResolved, lateUntil, wasReported } from './episodes.js';
import type { Alert } from './notification.js';

/** The name of the channel. */
export const CHANNEL = 'alertmanager';

const SCOPE = 'POST /intake/alertmanager';

/** What all alerts of a notification have in common. */
interface AlertContext {
  readonly provenance: Provenance;
  readonly workload: Workload;
}

/**
 * Reports and resolves the incidents of alerts. Notifications arrive in any order; the start of an episode distinguishes it from
 * earlier and later ones. A resolved episode does not fire again, and its end does not resolve a later one.
 */
@Injectable()
export class AlertActions {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly changeByDedupKey: ChangeByDedupKey,
    private readonly episodes: AlertEpisodes,
    private readonly longTexts: LongTexts,
    private readonly clock: Clock,
  ) {}

  /**
   * Processes the alerts of a notification in batches.
   * @param processOne is called for each alert, with its index and a function that processes it under an idempotency key.
   * @returns the outcomes in the order of the alerts.
   */
  async processAll(
    alerts: readonly Alert[],
    context: AlertContext,
    processOne: (
      alert: Alert,
      index: number,
      process: (key: string) => Promise<IntakeOutcome>,
    ) => Promise<IntakeOutcome>,
  ): Promise<IntakeOutcome[]> {
    return inBatches(alerts, async (batch, start) => {
      // First: a concurrent firing alert of the same episode has to find its end.
      await this.episodes.recordResolved(episodesOf(batch, false), this.clock.now());
      const known = await this.episodes.find(batch.map(({ dedupKey }) => dedupKey));
      const keys = new Map<Alert, string>();
      const processed = batch.map((alert, n) =>
        processOne(alert, start + n, (key) => {
          keys.set(alert, key);
          return this.process(alert, key, known.get(alert.dedupKey), context);
        }),
      );
      const outcomes = await allSettled(processed);
      await this.resolveEnded(batch, known, keys, context);
      return outcomes;
    });
  }

  /** Records the reported episodes, and resolves again those that a concurrent notification resolved. */
  private async resolveEnded(
    alerts: readonly Alert[],
    known: ReadonlyMap<string, Episodes>,
    keys: ReadonlyMap<Alert, string>,
    context: AlertContext,
  ): Promise<void> {
    const now = await this.episodes.recordReported(episodesOf(alerts, true), this.clock.now());
    const ended = alerts.filter((alert) => {
      const wasResolved = isResolved(alert, known.get(alert.dedupKey));
      return alert.isFiring && !wasResolved && isResolved(alert, now.get(alert.dedupKey));
    });
    await allSettled(ended.map((alert) => this.resolve(alert, `${keys.get(alert)}:end`, context)));
  }

  private async process(
    alert: Alert,
    key: string,
    known: Episodes | undefined,
    context: AlertContext,
  ): Promise<IntakeOutcome> {
    if (!alert.isFiring) {
      if (hasFiredSince(alert, known)) return 'duplicate';
      await this.resolve(alert, key, context);
      return 'updated';
    }
    const isLate = isResolved(alert, known) && this.clock.now().getTime() < lateUntil(known!);
    if (isLate && wasReported(alert, known)) return 'duplicate';
    const outcome = outcomeOf(await this.report(alert, key, context));
    // Its end arrived before its start: the alert is reported nevertheless, and resolved at once.
    if (isLate) await this.resolve(alert, `${key}:end`, context);
    return outcome;
  }

  private async report(alert: Alert, key: string, context: AlertContext): Promise<WriteResult> {
    const description = await this.longTexts.descriptionOf(alert.text, () => ({
      channel: CHANNEL,
      reference: `alert:${alert.dedupKey}`,
      payload: payloadOf(alert),
      headers: [],
    }));
    return this.reportIncident.execute({
      description,
      source: 'monitoring',
      ...commandOf(alert, key, context),
    });
  }

  private async resolve(alert: Alert, key: string, context: AlertContext): Promise<void> {
    await this.changeByDedupKey.execute({ to: 'RESOLVED', ...commandOf(alert, key, context) });
  }
}

/** A notification with only this alert, which can be retried. */
export function payloadOf({ json }: { readonly json: unknown }): Buffer {
  return Buffer.from(JSON.stringify({ version: '4', alerts: [json] }));
}

/** The fingerprint excludes the text: the Alertmanagers of a cluster name different addresses in it. */
function commandOf({ json, dedupKey }: Alert, key: string, { provenance, workload }: AlertContext) {
  const fingerprint = digestOf(Buffer.from(JSON.stringify(json)));
  return { dedupKey, ...provenance, workload, idempotency: { scope: SCOPE, key, fingerprint } };
}

import { Injectable } from '@nestjs/common';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { WriteResult } from '../../domain/incident/incident-repository.js';
import { IdempotencyKeyInUse } from '../../domain/incident/idempotency.js';
import type { QuarantineDraft } from '../../domain/quarantine/quarantined-message.js';
import { ReportIncident, type ReportIncidentCommand } from '../incident/report-incident.js';
import { Clock } from '../operations/clock.js';
import { StoreUnavailable } from '../operations/store-unavailable.js';
import { Quarantine } from '../quarantine/quarantine.js';
import { IntakeMetrics, type IntakeOutcome, isRejection, outcomeOf, rejectionOf } from './intake-metrics.js';
import type { Rejection } from './message-broker.js';

/** A message as it was received. If it is rejected, it is quarantined. */
export type ReceivedMessage = Omit<QuarantineDraft, 'reason' | 'at'>;

/** The result of processing a message. */
export interface ProcessingResult {
  readonly outcome: IntakeOutcome;
  /** Why the message was quarantined; undefined if it was not. */
  readonly rejection?: Rejection;
}

/**
 * The contract of all channels. A channel translates what it receives into reports. The intake commits each report exactly once,
 * by its idempotency key and its deduplication key, counts it, and handles invalid messages.
 */
@Injectable()
export class ReportIntake {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly quarantine: Quarantine,
    private readonly metrics: IntakeMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts a report and commits it. For senders that can correct a rejected report: they receive the error.
   * @param translate returns the report, or throws if the message is invalid.
   */
  submit(
    channel: IncidentChannel,
    translate: () => ReportIncidentCommand | Promise<ReportIncidentCommand>,
  ): Promise<WriteResult> {
    return this.metrics.counted(channel, async () => this.reportIncident.execute(await translate()));
  }

  /**
   * Counts a message and processes it. A rejected message is quarantined. For senders that drop rejected messages.
   * @throws StoreUnavailable if the sender has to retry.
   */
  accept(
    message: ReceivedMessage,
    process: () => Promise<WriteResult | IntakeOutcome>,
  ): Promise<IntakeOutcome> {
    return this.metrics.counted(
      message.channel,
      async () => (await this.processOrQuarantine(message, process)).outcome,
    );
  }

  /** As `accept`, without counting: for messages that are retried until the store responds. */
  async processOrQuarantine(
    message: ReceivedMessage,
    process: () => Promise<WriteResult | IntakeOutcome>,
  ): Promise<ProcessingResult> {
    try {
      const result = await process();
      return { outcome: typeof result === 'string' ? result : outcomeOf(result) };
    } catch (error) {
      // An earlier attempt is still in flight: that is no reason to drop the message.
      if (error instanceof IdempotencyKeyInUse) throw new StoreUnavailable({ cause: error });
      if (!isRejection(error)) throw error;
      const rejection = rejectionOf(error);
      await this.quarantineUncounted(message, `${rejection.code}: ${rejection.detail}`);
      return { outcome: 'quarantined', rejection };
    }
  }

  /** Counts a message that cannot be translated, and quarantines it. */
  quarantineMessage(message: ReceivedMessage, reason: string): Promise<IntakeOutcome> {
    return this.metrics.counted(message.channel, async () => {
      await this.quarantineUncounted(message, reason);
      return 'quarantined';
    });
  }

  /** Quarantines a message without counting it. @throws QuarantineFull if the quota of its channel is used up. */
  quarantineUncounted(message: ReceivedMessage, reason: string): Promise<void> {
    return this.quarantine.add({ ...message, reason, at: this.clock.now() });
  }
}

/**
 * Retries a quarantined message.
 * @returns why it is rejected again; undefined if it was accepted.
 * @throws StoreUnavailable if an earlier attempt is still in flight; any error that is not a rejection of the message.
 */
export async function rejectionOfRetry(retry: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await retry();
    return undefined;
  } catch (error) {
    if (error instanceof IdempotencyKeyInUse) throw new StoreUnavailable({ cause: error });
    if (isRejection(error)) return error.message;
    throw error;
  }
}

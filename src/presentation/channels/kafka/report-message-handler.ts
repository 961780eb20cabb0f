import { Injectable, Logger } from '@nestjs/common';
import { ReportIncident } from '../../../application/incident/report-incident.js';
import { IntakeMetrics, isRejection } from '../../../application/intake/intake-metrics.js';
import { ReportIntake } from '../../../application/intake/report-intake.js';
import {
  BrokerUnavailable,
  DeadLetters,
  type InboundMessage,
} from '../../../application/intake/message-broker.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import { retryWithBackoff } from '../../../shared/backoff.js';
import { referenceOf, ReportMessageParser } from '../../intake/report-message-parser.js';

const RETRY = { firstMs: 100, maxMs: 10_000 } as const;

/** Commits the reports in messages. An invalid message is quarantined, and published as a dead letter. */
@Injectable()
export class ReportMessageHandler {
  private readonly logger = new Logger('Kafka');
  private isStalled = false;

  constructor(
    private readonly intake: ReportIntake,
    private readonly reportIncident: ReportIncident,
    private readonly parser: ReportMessageParser,
    private readonly deadLetters: DeadLetters,
    private readonly metrics: IntakeMetrics,
  ) {}

  /**
   * Resolves when the message is processed: its report is committed, or the message is quarantined and published as a dead letter.
   * Retries for as long as the store or the broker is unavailable.
   * @throws ShutdownError if `stop` is aborted first.
   */
  async handle(message: InboundMessage, stop: AbortSignal): Promise<void> {
    const reference = referenceOf(message);
    const channel = this.parser.channelOf(message);
    const { value: payload = Buffer.alloc(0), headers } = message;
    const received = { channel, reference, payload, headers };
    await this.metrics.counted(channel, async () => {
      const process = async () => this.reportIncident.execute(await this.parser.parse(message));
      const attempt = () => this.intake.processOrQuarantine(received, process);
      const { outcome, rejection } = await this.retry(attempt, stop);
      if (rejection) {
        await this.retry(() => this.deadLetters.send(message, rejection), stop);
        this.logger.warn(`quarantined the message ${reference}: ${rejection.code}`);
      }
      return outcome;
    });
  }

  private retry<Result>(work: () => Promise<Result>, stop: AbortSignal): Promise<Result> {
    const attempt = async () => {
      const result = await work();
      this.logStall(undefined);
      return result;
    };
    const onFailure = (error: unknown) => {
      if (isRejection(error)) throw error;
      this.logStall(error);
    };
    return retryWithBackoff(attempt, { ...RETRY, stop, onFailure });
  }

  /** A thousand messages may wait for one database: the log has one line when a stall starts, and one when it ends. */
  private logStall(error: unknown): void {
    const isStalled = error !== undefined;
    if (isStalled === this.isStalled || isKeyInUse(error)) return;
    this.isStalled = isStalled;
    if (!isStalled) this.logger.log('intake continues');
    else if (error instanceof StoreUnavailable || error instanceof BrokerUnavailable)
      this.logger.warn(`intake stalled: ${error.message} ${String(error.cause)}`);
    else this.logger.error({ err: error, msg: 'intake stalled by an internal error' });
  }
}

/** Another attempt of the same report is in flight, which is no stall. */
function isKeyInUse(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.cause instanceof IdempotencyKeyInUse;
}

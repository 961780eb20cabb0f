import { Injectable, Logger } from '@nestjs/common';
import {
  BrokerUnavailable,
  DeadLetters,
  type InboundMessage,
  type Rejection,
} from '../../../application/intake/message-broker.js';
import { Clock } from '../../../application/operations/clock.js';
import { IntakeMetrics, isRefusal } from '../../../application/intake/intake-metrics.js';
import { Quarantine } from '../../../application/quarantine/quarantine.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { ReportIncident } from '../../../application/incident/report-incident.js';
import { DomainError } from '../../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { channelOf, referenceOf, parseReportMessage } from './parse-report-message.js';
import { retryWithBackoff } from '../../../shared/backoff.js';

/** Between two attempts to take the same message in. */
const RETRY = { firstMs: 100, maxMs: 10_000 } as const;

/** Whether the message itself was refused, and would be again. All else passes, by itself or when it is mended. */
const isRefused = (error: unknown): error is DomainError | HttpProblem => isRefusal(error);

/** Takes messages into the register; what cannot be taken in goes to the quarantine and to the dead letters. */
@Injectable()
export class ReportMessageHandler {
  private readonly logger = new Logger('Kafka');
  private isHeldUp = false;

  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly quarantine: Quarantine,
    private readonly deadLetters: DeadLetters,
    private readonly metrics: IntakeMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves when the message is settled for good: it is in the register, or in the quarantine and among the dead letters.
   * Waits for as long as either is away.
   * @throws the reason of `stop` where it is told to stop before.
   */
  async take(message: InboundMessage, stop: AbortSignal): Promise<void> {
    await this.metrics.counted(channelOf(message), async () => {
      try {
        return await this.untilDone(
          async () => this.reportIncident.execute(await parseReportMessage(message)),
          stop,
        );
      } catch (error) {
        if (!isRefused(error)) throw error;
        await this.setAside(message, { code: error.code, detail: error.message }, stop);
        return 'quarantined' as const;
      }
    });
  }

  private async setAside(message: InboundMessage, reason: Rejection, stop: AbortSignal): Promise<void> {
    const reference = referenceOf(message);
    const piece = {
      channel: channelOf(message),
      reference,
      reason: `${reason.code}: ${reason.detail}`,
      payload: message.value ?? Buffer.alloc(0),
      headers: message.headers,
      at: this.clock.now(),
    };
    await this.untilDone(() => this.quarantine.keep(piece), stop);
    await this.untilDone(() => this.deadLetters.send(message, reason), stop);
    this.logger.warn(`${reference} was not taken in: ${reason.code}`);
  }

  private untilDone<Result>(work: () => Promise<Result>, stop: AbortSignal): Promise<Result> {
    const attempt = async () => {
      const result = await work();
      this.heldUp(undefined);
      return result;
    };
    const passes = (error: unknown) => {
      if (isRefusal(error)) return false;
      this.heldUp(error);
      return true;
    };
    return retryWithBackoff(attempt, passes, stop, RETRY);
  }

  /** A thousand messages may wait for one database: the log hears of it once. */
  private heldUp(by: unknown): void {
    const isHeldUp = by !== undefined;
    if (isHeldUp === this.isHeldUp || by instanceof IdempotencyKeyInUse) return;
    this.isHeldUp = isHeldUp;
    if (!isHeldUp) this.logger.log('messages are taken in again');
    else if (by instanceof StoreUnavailable || by instanceof BrokerUnavailable)
      this.logger.warn(`messages wait: ${by.message} ${String(by.cause)}`);
    else this.logger.error({ err: by, msg: 'messages wait for a reason of our own, which has to be mended' });
  }
}

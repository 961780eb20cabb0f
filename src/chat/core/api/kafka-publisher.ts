import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { retryWithBackoff } from '../../../shared/backoff.js';
import type { DependencyHealth, RetryMetrics } from './monitoring-ports.js';
import type { Report } from './incident.js';
import type { RequestIdentity } from './incidents-api-client.js';

const logger = new Logger('KafkaPublisher');

/** Sends messages to the brokers. */
export interface MessageProducer {
  /** Resolves when the brokers have acknowledged the messages; rejects with the failure of the attempt. */
  send(messages: readonly (ReportMessage & { readonly topic: string })[]): Promise<void>;
  close(): Promise<void>;
}

/** A report as a message of the topic. */
export interface ReportMessage {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** Validates a message by the consumer's rules. @throws ApiRejection if the consumer would quarantine it. */
export type ValidateMessage = (message: ReportMessage) => Promise<void>;

/** Publishes reports to the topic that the Kafka worker consumes. */
export class KafkaPublisher implements OnModuleDestroy {
  constructor(
    private readonly producer: MessageProducer,
    private readonly topic: string,
    private readonly validate: ValidateMessage,
    private readonly health: DependencyHealth,
    private readonly metrics: RetryMetrics,
    /** Aborts the pauses while the brokers are unavailable. */
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Resolves when the brokers have acknowledged the report, however long that takes. The topic may then have it more than
   * once; the consumer deduplicates by its key.
   * @throws ApiRejection if the consumer would quarantine it.
   * @throws ShutdownError if the bot is stopped before that.
   */
  async publish({ description, source, origin }: Report, { key, actor }: RequestIdentity): Promise<void> {
    const named = Object.entries({ 'idempotency-key': key, actor, channel: 'telegram' });
    const headers = named.map(([name, text]) => [name, Buffer.from(text)] as const);
    const value = Buffer.from(JSON.stringify({ description, source, origin }));
    const report = { key: Buffer.from(key), value, headers };
    await this.validate(report);
    const message = { ...report, topic: this.topic };
    await retryWithBackoff(() => this.producer.send([message]), {
      stop: this.stop,
      onFailure: (error) => {
        const { message: reason } = ((error as Error).cause ?? error) as Error;
        this.health.unavailable('kafka', reason);
        logger.warn(`the brokers have not acknowledged a report (${reason}); retrying`);
        this.metrics.retried('kafka');
      },
    });
    this.health.answered('kafka');
  }

  async onModuleDestroy(): Promise<void> {
    await this.producer.close();
  }
}

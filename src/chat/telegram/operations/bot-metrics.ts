import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type Dependency, RetryMetrics } from '../../core/api/monitoring-ports.js';
import { BotHealth } from './bot-health.js';

/** From a response of Telegram to the longest pause that it asks for. */
const MESSAGE_WAIT_BUCKETS_S = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** The bot's metrics for Prometheus. */
@Injectable()
export class BotMetrics extends RetryMetrics {
  readonly updates: Counter;
  readonly unacknowledgedUpdates: Gauge;
  readonly incidentsCreated: Counter;
  readonly files: Counter;
  readonly repliesFailed: Counter;
  readonly messagesCombined: Counter;
  readonly messageWait: Histogram;
  private readonly retries: Counter;

  constructor(registry: Registry, health: BotHealth) {
    super();
    const registers = [registry];
    const counter = (name: string, help: string, ...labelNames: readonly string[]) =>
      new Counter({ name, help, labelNames, registers });
    this.updates = counter('bot_updates_total', 'Handled updates of Telegram, by kind.', 'kind');
    this.unacknowledgedUpdates = new Gauge({
      name: 'bot_updates_unacknowledged',
      help: 'Updates from the first unfinished one on, finished or not: at 100, Telegram delivers no more.',
      registers,
    });
    this.incidentsCreated = counter(
      'bot_incidents_created_total',
      'Incidents created by messages. With BOT_REPORT_TRANSPORT=kafka they are counted when their number is found and shown; ' +
        'there, a message that is delivered again after a crash is counted again.',
    );
    this.retries = counter(
      'bot_retries_total',
      'Requests without a final answer that were sent again, by service.',
      'service',
    );
    this.files = counter(
      'bot_files_total',
      'Files of messages, by outcome: attached to an incident, or why not.',
      'outcome',
    );
    this.repliesFailed = counter('bot_replies_failed_total', 'Messages and answers that could not be sent.');
    this.messagesCombined = counter(
      'bot_messages_combined_total',
      'Messages that were sent as lines of another one, because more waited than the limits of Telegram allow.',
    );
    this.messageWait = new Histogram({
      name: 'bot_message_wait_seconds',
      help: 'How long messages and edits waited until Telegram had them.',
      buckets: MESSAGE_WAIT_BUCKETS_S,
      registers,
    });
    // The registry keeps it.
    void new Gauge({
      name: 'bot_last_poll_age_seconds',
      help: 'Seconds since Telegram last answered a poll.',
      registers,
      collect() {
        this.set(health.secondsSincePoll);
      },
    });
  }

  override retried(service: Dependency | 'telegram'): void {
    this.retries.inc({ service });
  }
}

import { Counter, Gauge, type Registry } from 'prom-client';
import type { BotHealth } from './bot-health.js';

/** What the bot counts, for Prometheus. */
export class BotMetrics {
  readonly updates = new Counter({
    name: 'bot_updates_total',
    help: 'Updates from Telegram that are done with, by what they were.',
    labelNames: ['kind'],
    registers: [this.registry],
  });

  readonly updatesUnconfirmed = new Gauge({
    name: 'bot_updates_unacknowledged',
    help: 'Updates from the first that waits on, done with or not: at 100, Telegram shows no more of them.',
    registers: [this.registry],
  });

  readonly incidentsCreated = new Counter({
    name: 'bot_incidents_created_total',
    help:
      'Incidents that messages have made. With BOT_REPORT_TRANSPORT=kafka counted when their number is found and shown; a message ' +
      'that a crash has brought again counts again there.',
    registers: [this.registry],
  });

  readonly retries = new Counter({
    name: 'bot_retries_total',
    help: 'Requests that were not answered for good and were sent again, by who was asked.',
    labelNames: ['service'],
    registers: [this.registry],
  });

  readonly repliesFailed = new Counter({
    name: 'bot_replies_failed_total',
    help: 'What the bot had to say in a chat and could not.',
    registers: [this.registry],
  });

  readonly lastPollAge: Gauge;

  constructor(
    readonly registry: Registry,
    health: BotHealth,
  ) {
    this.lastPollAge = new Gauge({
      name: 'bot_last_poll_age_seconds',
      help: 'Seconds since Telegram last answered.',
      registers: [this.registry],
      collect() {
        this.set(health.secondsSincePoll);
      },
    });
  }
}

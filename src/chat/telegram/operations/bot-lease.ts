import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable, Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { StartupError } from '../../../shared/startup-error.js';
import { IncidentsApiClient } from '../../core/api/incidents-api-client.js';
import { ApiRejection, TransientApiError } from '../../core/api/incidents-api-responses.js';
import { BotConfig } from '../bot-config.js';
import { BotIdentity } from '../bot-identity.js';
import { BotHealth } from './bot-health.js';

/** The API leases for 30 s. */
const RENEWAL_INTERVAL_MS = 10_000;
const WAIT_INTERVAL_MS = 2_000;

const SERVED_BY_ANOTHER = 'another process serves this bot; waiting until it ends';

const logger = new Logger('Lease');

/**
 * Lets one process at a time serve a bot: Telegram would give each of two processes some of the updates, and both would send notices. The
 * lease is that of a consumer of the event feed, which shows in the list of consumers when a process last served the bot.
 *
 * A process that is started again on the same host and port has the same lease, so it does not wait for itself. While the API does
 * not answer, nobody can get a lease, and a bot that has none serves without.
 */
@Injectable()
export class BotLease {
  private readonly holder: string;
  private hasStored = false;

  constructor(
    private readonly client: IncidentsApiClient,
    private readonly identity: BotIdentity,
    private readonly health: BotHealth,
    private readonly stop: AbortSignal,
    { BOT_PORT }: BotConfig,
  ) {
    this.holder = uuidOf(`${hostname()} ${BOT_PORT}`);
  }

  /** Resolves when this process may serve the bot. @throws ShutdownError if it is stopped before. */
  async acquire(): Promise<void> {
    for (let isFirst = true; !(await this.renew()); isFirst = false) {
      if (isFirst) logger.warn(SERVED_BY_ANOTHER);
      this.health.pollRejected(SERVED_BY_ANOTHER);
      if (!(await sleepUnlessAborted(WAIT_INTERVAL_MS, this.stop))) throw new ShutdownError();
    }
  }

  /**
   * Keeps the lease until the bot is stopped.
   * @throws StartupError if another process has it: this one could not renew it in time. Once it is started again, it waits.
   */
  async keep(): Promise<void> {
    while (await sleepUnlessAborted(RENEWAL_INTERVAL_MS, this.stop)) {
      if (!(await this.renew()))
        throw new StartupError('Another process serves this bot now: this one ends.');
    }
  }

  /** Lets another process serve the bot at once, if this one has the lease. */
  async release(): Promise<void> {
    if (this.hasStored) await this.store(null);
  }

  /** @returns whether this process may serve the bot. */
  private async renew(): Promise<boolean> {
    try {
      await this.store(this.holder);
      return true;
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      if (error.is('consumer.held-by-another')) return false;
      logger.warn(`serving this bot without a lease, so no other process may: ${error.message}`);
      return true;
    }
  }

  private async store(holder: string | null): Promise<void> {
    const path = `/consumers/bot.tg.${this.identity.user.id}`;
    // The bot does not read by this consumer, so it is never behind.
    const body = { position: 'latest', holder };
    try {
      await this.client.sendOnce({ method: 'PUT', path, body, outlivesStop: holder === null });
      this.hasStored = true;
    } catch (error) {
      // The client has recorded it.
      if (!(error instanceof TransientApiError)) throw error;
    }
  }
}

/** A UUID that says no more than that it is that of this text: version 8 of RFC 9562. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

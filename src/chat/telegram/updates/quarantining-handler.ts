import { Injectable, Logger } from '@nestjs/common';
import type { Update } from 'grammy/types';
import { retryWithBackoff } from '../../../shared/backoff.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { MonotonicClock } from '../../../shared/time/monotonic-clock.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { MAX_FAILURES, RetriesExhausted } from '../../core/api/incidents-api-client.js';
import { Translations } from '../../core/translations/translations.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { Replies } from '../replies/replies.js';
import { ReportTransport } from './report-transport.js';
import { partsOf, UpdateHandler } from './update-handler.js';

const logger = new Logger('UpdateHandler');

/**
 * Handles updates. One that fails again and again while the API is available is quarantined instead, so that it does not block
 * the others. While a dependency is unavailable, the update waits.
 */
@Injectable()
export class QuarantiningHandler {
  constructor(
    private readonly handler: UpdateHandler,
    private readonly api: IncidentsApi,
    private readonly transport: ReportTransport,
    private readonly replies: Replies,
    private readonly translations: Translations,
    private readonly metrics: BotMetrics,
    private readonly clock: MonotonicClock,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Resolves when the update is handled for good, or quarantined.
   * @throws ShutdownError if the bot is stopped before that.
   */
  async handle(update: Update): Promise<void> {
    const onFailure = (error: unknown, failures: number) => {
      // The client has retried already; any other error is a defect of the bot, which one update must not bring down.
      const isFinal = error instanceof RetriesExhausted || failures === MAX_FAILURES;
      if (error instanceof ShutdownError || isFinal) throw error;
      logger.error({ err: error, msg: `update ${update.update_id} has failed; retrying` });
    };
    const { stop, clock } = this;
    try {
      await retryWithBackoff(() => this.handler.handle(update), { stop, onFailure, clock });
    } catch (error) {
      if (error instanceof ShutdownError) throw error;
      await this.quarantine(update, error as Error);
    }
  }

  /**
   * Whether other updates may be handled ahead of this one. It needs the API, which may be unavailable, and they do not; with
   * the API as the transport, all of them need it.
   */
  mayWait(update: Update): boolean {
    return this.transport.worksWithoutApi && this.needsApi(update);
  }

  /** True for an update that cannot be read, too: it is to be quarantined. */
  private needsApi(update: Update): boolean {
    try {
      return this.handler.needsApi(update);
    } catch (error) {
      logger.error({ err: error, msg: `update ${update.update_id} cannot be read` });
      return true;
    }
  }

  private async quarantine(update: Update, error: Error): Promise<void> {
    const { payload, identity } = quarantinedOf(update, error);
    for (;;) {
      try {
        await this.api.quarantine(payload, error.message, identity);
        break;
      } catch (failure) {
        // The API fails on every request: the update waits until it is repaired.
        if (!(failure instanceof RetriesExhausted)) throw failure;
      }
    }
    this.metrics.updates.inc({ kind: 'quarantined' });
    logger.error({ err: error, msg: `update ${update.update_id} has failed for good and is quarantined` });
    const { message, edited, query } = partsOf(update);
    const failed = message ?? edited;
    if (failed) this.replies.reply(failed, { text: this.translations.quarantined });
    if (query) this.replies.notify(query, this.translations.quarantined);
  }
}

/** The report that has failed, which can be retried from the quarantine; for other requests, the update as it came. */
function quarantinedOf(update: Update, error: Error) {
  const request = error instanceof RetriesExhausted ? error.request : undefined;
  if (request?.method === 'POST' && request.body && request.identity) {
    return { payload: JSON.stringify(request.body), identity: request.identity };
  }
  const identity = { key: `tg:update:${update.update_id}`, actor: 'telegram' };
  return { payload: JSON.stringify(update), identity };
}

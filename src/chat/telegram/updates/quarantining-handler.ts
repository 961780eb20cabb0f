import { Logger } from '@nestjs/common';
import type { Update } from 'grammy/types';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotMetrics } from '../bot-metrics.js';
import type { Translations } from '../../core/translations/translations.js';
import { GaveUp, MAX_FAILURES } from '../../core/api/incidents-api-client.js';
import type { IncidentsApi } from '../../core/api/incidents-api.js';
import type { Replies } from '../replies/replies.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { partsOf, type UpdateHandler } from './update-handler.js';

const logger = new Logger('Bot');

/**
 * Handles updates. One that fails again and again, while the register is there, goes to the register's quarantine instead, so
 * that it holds up nobody. Whatever is away is waited for.
 */
export class QuarantiningHandler {
  constructor(
    private readonly handler: Pick<UpdateHandler, 'handle' | 'needsRegister'>,
    private readonly register: Pick<IncidentsApi, 'quarantine'>,
    private readonly replies: Pick<Replies, 'reply' | 'notice'>,
    private readonly phrases: Translations,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * When this resolves, the update is done with for good, or in the quarantine.
   * @throws Stopped where the bot is told to stop before that.
   */
  async handle(update: Update): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.handler.handle(update);
      } catch (error) {
        if (error instanceof ShutdownError) throw error;
        // The register was asked often enough; anything else is a fault of the bot, which an update must not bring down.
        if (error instanceof GaveUp || failures === MAX_FAILURES)
          return this.quarantine(update, error as Error);
        logger.error({ err: error, msg: `update ${update.update_id} has failed; it is tried again` });
        if (!(await sleepUnlessAborted(backoffMs(failures), this.stop))) throw new ShutdownError();
      }
    }
  }

  /** Whether it takes the register to handle an update; for one that cannot be read, it does. */
  needsRegister(update: Update): boolean {
    try {
      return this.handler.needsRegister(update);
    } catch (error) {
      logger.error({ err: error, msg: `update ${update.update_id} cannot be read` });
      return true;
    }
  }

  private async quarantine(update: Update, error: Error): Promise<void> {
    const { payload, as } = pieceOf(update, error);
    for (;;) {
      try {
        await this.register.quarantine(payload, error.message, as);
        break;
      } catch (failure) {
        // It fails on whatever it is asked: then it is the register that is to be mended, and the update waits for that.
        if (!(failure instanceof GaveUp)) throw failure;
      }
    }
    this.metrics.updates.inc({ kind: 'quarantined' });
    logger.error({
      err: error,
      msg: `update ${update.update_id} has failed for good and is in the quarantine`,
    });
    const { message, edited, query } = partsOf(update);
    const about = message ?? edited;
    if (about) this.replies.reply(about, { text: this.phrases.quarantined });
    if (query) this.replies.notice(query, this.phrases.quarantined);
  }
}

/** What is kept: the report that failed, which can be tried again from the quarantine; of all else, the update as it came. */
function pieceOf(update: Update, error: Error) {
  const question = error instanceof GaveUp ? error.question : undefined;
  if (question?.method === 'POST' && question.as) {
    return { payload: JSON.stringify(question.body), as: question.as };
  }
  const as = { key: `tg:update:${update.update_id}`, actor: 'telegram' };
  return { payload: JSON.stringify(update), as };
}

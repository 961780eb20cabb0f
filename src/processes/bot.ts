import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import type { Update, UserFromGetMe } from 'grammy/types';
import { sleepUnlessAborted } from '../shared/abort.js';
import { backoffMs } from '../shared/backoff.js';
import { isAnonymousIn } from '../chat/telegram/content/anonymity.js';
import type { BotConfig } from '../chat/telegram/bot-config.js';
import type { BotHealth } from '../chat/telegram/bot-health.js';
import type { BotMetrics } from '../chat/telegram/bot-metrics.js';
import { ButtonHandler } from '../chat/telegram/updates/button-handler.js';
import { EditHandler } from '../chat/telegram/updates/edit-handler.js';
import { PendingConfirmations } from '../chat/telegram/replies/pending-confirmations.js';
import { MessageInterpreter } from '../chat/telegram/content/message-interpreter.js';
import { ApiReportTransport, KafkaReportTransport } from '../chat/telegram/updates/report-intake.js';
import { MessageHandler } from '../chat/telegram/updates/message-handler.js';
import { SendQueue } from '../chat/telegram/replies/send-queue.js';
import { TRANSLATIONS } from '../chat/core/translations/languages.js';
import { Polling } from '../chat/telegram/updates/polling.js';
import { QuarantiningHandler } from '../chat/telegram/updates/quarantining-handler.js';
import { TransientApiError, ApiRejection } from '../chat/core/api/incidents-api-responses.js';
import { RecentMessages } from '../chat/core/actions/recent-messages.js';
import { IncidentsApiClient } from '../chat/core/api/incidents-api-client.js';
import { IncidentsApi } from '../chat/core/api/incidents-api.js';
import { Replies } from '../chat/telegram/replies/replies.js';
import type { KafkaPublisher } from '../chat/core/api/kafka-publisher.js';
import { ServedChats } from '../chat/telegram/served-chats.js';
import { ShutdownError } from '../shared/shutdown-error.js';
import { failureIn, isUnknownBot, signalFor, telegramApi } from '../chat/telegram/telegram-api.js';
import { UpdateHandler } from '../chat/telegram/updates/update-handler.js';

/** Longer than Telegram holds a poll, in seconds. */
const POLL_TIME_LIMIT = 40;
const REPLY_TIME_LIMIT = 10;

/** So often the API is asked whether it is there, where no message has asked it meanwhile, in milliseconds. */
const PROBE_EVERY = 30_000;

/** What is not said this long after the end of the intake is not said at all, in milliseconds. */
const LAST_WORDS = 3_000;

const logger = new Logger('Bot');

/** Telegram does not know the bot's token. */
export class UnknownBot extends Error {}

/**
 * Serves the chats until the bot is told to stop.
 * @param topic where reports go; without one they go to the API.
 * @throws UnknownBot
 */
export async function runBot(
  config: BotConfig,
  health: BotHealth,
  metrics: BotMetrics,
  stop: AbortSignal,
  topic?: KafkaPublisher,
): Promise<void> {
  const client = new IncidentsApiClient(config.API_URL, config.API_KEY, health, metrics, stop);
  const probing = probe(client, health, stop);
  const replyApi = telegramApi(config, REPLY_TIME_LIMIT);
  const me = await introduce(replyApi, metrics, stop);
  if (me) {
    logger.log(`serving as @${me.username}`);
    const phrases = TRANSLATIONS[config.BOT_LANGUAGE];
    const register = new IncidentsApi(client);
    const chats = new ServedChats(config.chats, health);
    await chats.check(replyApi, metrics, stop);
    const replies = new Replies(
      replyApi,
      new SendQueue(chats, metrics, stop),
      new SendQueue(chats, metrics, stop),
    );
    const followUps = new PendingConfirmations(register, replies, phrases, metrics, stop);
    const intake = topic
      ? new KafkaReportTransport(topic, register, followUps, phrases, stop)
      : new ApiReportTransport(register, phrases, metrics);
    const recollection = new RecentMessages();
    const hearing = new MessageInterpreter(register, recollection, me, phrases);
    const handler = new UpdateHandler(
      chats,
      hearing,
      new MessageHandler(register, intake, recollection, hearing, replies, phrases),
      new EditHandler(register, intake, recollection, hearing, replies, phrases),
      new ButtonHandler(register, replies, followUps, phrases, (chat, user) =>
        isAnonymousIn(chat, user, replyApi, stop),
      ),
      metrics,
    );
    const pollApi = telegramApi(config, POLL_TIME_LIMIT);
    const quarantining = new QuarantiningHandler(handler, register, replies, phrases, metrics, stop);
    const handle = quarantining.handle.bind(quarantining);
    // With the API as the intake all takes the register: nothing is to be done ahead of what waits for it.
    const mayWait = (update: Update) => topic !== undefined && quarantining.needsRegister(update);
    const polling = new Polling(pollApi, handle, mayWait, health, metrics, stop);
    await Promise.all([polling.run(), followUps.run()]);
    await replies.finish(LAST_WORDS);
  }
  await probing;
}

/** Who the bot is; undefined where it is told to stop before Telegram has said so. */
async function introduce(
  api: Api,
  metrics: BotMetrics,
  stop: AbortSignal,
): Promise<UserFromGetMe | undefined> {
  for (let failures = 1; ; failures++) {
    try {
      return await api.getMe(signalFor(stop));
    } catch (error) {
      if (stop.aborted) return undefined;
      const failure = failureIn(error);
      if (isUnknownBot(failure)) {
        throw new UnknownBot(
          'Telegram does not know this bot: set TELEGRAM_BOT_TOKEN to the token that @BotFather gave.',
          { cause: error },
        );
      }
      logger.warn(`Telegram has no answer yet (${failure.reason}); waiting`);
      metrics.retries.inc({ service: 'telegram' });
      if (!(await sleepUnlessAborted(backoffMs(failures, { retryAfterMs: failure.retryAfter }), stop)))
        return undefined;
    }
  }
}

/** Asks the API now and then, so that a probe of the bot tells how it is while nobody writes. */
async function probe(client: IncidentsApiClient, health: BotHealth, stop: AbortSignal): Promise<void> {
  do {
    if (health.millisecondsSinceRegister < PROBE_EVERY) continue;
    try {
      await client.askOnce({ method: 'GET', path: '/incidents?limit=1' });
    } catch (error) {
      if (!(
        error instanceof TransientApiError ||
        error instanceof ApiRejection ||
        error instanceof ShutdownError
      ))
        throw error;
    }
  } while (await sleepUnlessAborted(PROBE_EVERY, stop));
}

import { Logger } from '@nestjs/common';
import { backoffMs } from '../../../shared/backoff.js';
import type { MonotonicClock } from '../../../shared/time/monotonic-clock.js';
import type { BotMetrics } from '../operations/bot-metrics.js';
import type { ServedChats } from '../served-chats.js';
import { isFinal, isUnreachable, telegramFailure, type TelegramFailure } from '../telegram-api.js';
import { type Batch, ChatQueue, combinedText } from './chat-queue.js';
import type { Delivery, QueuedMessage } from './queued-message.js';
import { RateLimiter } from './rate-limiter.js';
import { groupRate, PRIVATE_RATE, TOTAL_RATE } from './telegram-limits.js';

/** In all chats together; beyond it, new messages are dropped, unless they are persistent. */
const MAX_QUEUED = 1_000;

/** How often a message that is not persistent is sent where Telegram fails or does not answer. Rate limiting (429) does not count. */
const MAX_FAILURES = 5;

const logger = new Logger('SendQueue');

/** Sends several messages as one text. */
type SendCombined = (chatId: number, text: string, batch: Batch) => Promise<unknown>;

/** A chat with messages, and how Telegram has responded there lately. Chats are few: those that are configured. */
interface ChatState {
  readonly id: number;
  readonly queue: ChatQueue;
  readonly limiter: RateLimiter;
  /** Unsuccessful attempts since the last success, for the backoff. */
  attempts: number;
  /** The same, without those that Telegram has throttled. */
  failures: number;
  /** Telegram has asked to wait so long, or has failed. */
  pausedUntilMs: number;
  /** Settles when nothing waits; undefined if nothing does. */
  running: Promise<void> | undefined;
}

interface SendQueueOptions {
  readonly chats: ServedChats;
  readonly metrics: BotMetrics;
  readonly clock: MonotonicClock;
  /** To one group or channel. */
  readonly messagesPerMinute: number;
  readonly sendCombined: SendCombined;
  /** Once it is aborted, the pace of chats is ignored, so that what waits is combined and sent at once; nothing is retried. */
  readonly stop: AbortSignal;
}

/**
 * Sends messages and edits within Telegram's limits, concurrently with the handling of updates: in each chat one after the other,
 * while Telegram may throttle another chat for minutes. If more wait than the limits allow, they are combined. Sending is best
 * effort; failures are counted and logged.
 */
export class SendQueue {
  private readonly states = new Map<number, ChatState>();
  private readonly total = new RateLimiter(TOTAL_RATE);
  /** The last chat that waits for the total limit: chats wait for it in turn. */
  private turn = Promise.resolve();
  private queued = 0;

  constructor(private readonly options: SendQueueOptions) {}

  /** How many messages wait or are in flight. */
  get size(): number {
    return this.queued;
  }

  /** Queues a message; it is given up if too many are queued. */
  put(chatId: number, message: QueuedMessage): void {
    if (this.queued >= MAX_QUEUED && !message.details.isPersistent) {
      this.recordFailure([message], `${MAX_QUEUED} others are queued`);
      return message.settle(undefined);
    }
    this.queued++;
    message.queuedAtMs = this.options.clock.now();
    const chat = this.stateOf(this.options.chats.currentId(chatId));
    chat.queue.add(message);
    chat.running ??= this.run(chat);
  }

  /** Resolves when all messages are sent, or given up. */
  async drained(): Promise<void> {
    await Promise.all([...this.states.values()].map(async ({ running }) => running));
  }

  private stateOf(id: number): ChatState {
    const known = this.states.get(id);
    if (known) return known;
    // The ids of groups and channels are negative.
    const rate = id < 0 ? groupRate(this.options.messagesPerMinute) : PRIVATE_RATE;
    const [queue, limiter] = [new ChatQueue(), new RateLimiter(rate)];
    const chat = {
      id,
      queue,
      limiter,
      attempts: 0,
      failures: 0,
      pausedUntilMs: -Infinity,
      running: undefined,
    };
    this.states.set(id, chat);
    return chat;
  }

  private async run(chat: ChatState): Promise<void> {
    while (chat.queue.size > 0) {
      const allowed = await this.untilAllowed(chat);
      if (allowed > 0) await this.attempt(chat, chat.queue.take(allowed));
      else this.giveUp(chat.queue.takeAll(), 'the bot is stopping');
    }
    chat.running = undefined;
  }

  /** Waits for the limits, and counts one message. @returns how many are allowed now; 0 if the bot is stopped during a pause. */
  private async untilAllowed(chat: ChatState): Promise<number> {
    const { clock, stop } = this.options;
    const waitMs = () => Math.max(chat.pausedUntilMs - clock.now(), chat.limiter.waitMs(clock.now()));
    while (waitMs() > 0 && (await clock.sleep(Math.ceil(waitMs()), stop)));
    if (stop.aborted && chat.pausedUntilMs > clock.now()) return 0;
    this.turn = this.turn.then(() => this.untilTotalAllows());
    await this.turn;
    const allowed = chat.limiter.allowed(clock.now());
    chat.limiter.take(clock.now());
    return Math.max(1, allowed);
  }

  private async untilTotalAllows(): Promise<void> {
    const { clock } = this.options;
    const waitMs = () => this.total.waitMs(clock.now());
    while (waitMs() > 0) await clock.sleep(Math.ceil(waitMs()));
    this.total.take(clock.now());
  }

  private async attempt(chat: ChatState, batch: Batch): Promise<void> {
    const id = this.options.chats.currentId(chat.id);
    try {
      const delivery = await this.send(id, batch);
      this.options.chats.markReachable(id);
      this.succeed(chat, batch, delivery);
    } catch (error) {
      this.handleFailure(chat, batch, id, telegramFailure(error));
    }
  }

  private async send(id: number, batch: Batch): Promise<Delivery> {
    const [first] = batch;
    if (first && batch.length === 1) return first.sendAlone(id);
    await this.options.sendCombined(id, combinedText(batch), batch);
    this.options.metrics.messagesCombined.inc(batch.length);
    return { own: undefined };
  }

  private handleFailure(chat: ChatState, batch: Batch, id: number, failure: TelegramFailure): void {
    const { chats, metrics, clock, stop } = this.options;
    const { code, reason, retryAfterMs, migratedTo } = failure;
    // An earlier attempt has succeeded.
    if (reason.includes('message is not modified')) return this.succeed(chat, batch, { own: undefined });
    if (migratedTo !== undefined) chats.migrate(chat.id, migratedTo);
    if (chats.currentId(chat.id) !== id) return chat.queue.putBack(batch);
    if (isFinal(failure)) {
      chat.attempts = 0;
      chat.failures = 0;
      if (isUnreachable(failure)) chats.markUnreachable(id, reason);
      return this.giveUp(batch, reason);
    }
    chat.attempts++;
    if (code !== 429) chat.failures++;
    chat.pausedUntilMs = clock.now() + backoffMs(chat.attempts, { retryAfterMs });
    const isPersistent = batch.some(({ details }) => details.isPersistent);
    if ((chat.failures < MAX_FAILURES || isPersistent) && !stop.aborted) {
      metrics.retried('telegram');
      return chat.queue.putBack(batch);
    }
    chat.failures = 0;
    this.giveUp(batch, reason);
  }

  private succeed(chat: ChatState, batch: Batch, delivery: Delivery): void {
    chat.attempts = 0;
    chat.failures = 0;
    const now = this.options.clock.now();
    for (const { queuedAtMs } of batch) this.options.metrics.messageWait.observe((now - queuedAtMs) / 1_000);
    this.settle(batch, delivery);
  }

  private giveUp(batch: Batch, reason: string): void {
    this.recordFailure(batch, reason);
    this.settle(batch, undefined);
  }

  private settle(batch: Batch, delivery: Delivery | undefined): void {
    this.queued -= batch.length;
    for (const message of batch) message.settle(delivery);
  }

  private recordFailure(batch: Batch, reason: string): void {
    this.options.metrics.repliesFailed.inc(batch.length);
    const [first] = batch;
    const others = batch.length > 1 ? ` and ${batch.length - 1} others` : '';
    logger.warn(`could not send ${first?.details.name}${others} (${reason})`);
  }
}

import type { Rate } from './rate-limiter.js';

// Telegram's limits for bots: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this

/** In UTF-16 units: https://core.telegram.org/bots/api#sendmessage */
export const MAX_TEXT_LENGTH = 4_096;

/** To all chats together: at most 30 messages in any second. */
export const TOTAL_RATE: Rate = { burst: 15, intervalMs: 1_000 / 15 };

/** To a private chat: about one message a second. */
export const PRIVATE_RATE: Rate = { burst: 3, intervalMs: 1_000 };

/** To a group or a channel: at most so many messages in any minute, some of them at once. */
export function groupRate(messagesPerMinute: number): Rate {
  const burst = Math.max(1, Math.floor(messagesPerMinute * 0.4));
  return { burst, intervalMs: 60_000 / (messagesPerMinute - burst) };
}

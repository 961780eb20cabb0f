import { setTimeout as sleep } from 'node:timers/promises';
import { CHAT, TestTelegram, TOKEN } from '../support/telegram.ts';

/** Between two messages. */
const INTERVAL_MS = 500;

/** A message of a person in the chat. */
export interface ChatMessage {
  readonly id: number;
  readonly text: string;
}

/** People who report in a chat, which the bot serves. */
export class ChatLoad implements AsyncDisposable {
  readonly messages: ChatMessage[] = [];
  private readonly telegram: TestTelegram;

  private constructor(telegram: TestTelegram) {
    this.telegram = telegram;
  }

  static async start(): Promise<ChatLoad> {
    return new ChatLoad(await TestTelegram.start());
  }

  /** The variables of the bot. */
  get environment(): Readonly<Record<string, string>> {
    return {
      TELEGRAM_API_ROOT: this.telegram.url,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: String(CHAT),
      TELEGRAM_MESSAGES_PER_MINUTE: '100000',
    };
  }

  /** Writes messages until the signal is aborted. */
  async write(name: string, signal: AbortSignal): Promise<void> {
    for (let n = 0; !signal.aborted; n++) {
      const text = `${name}-chat-${n} Самокат не отвечает`;
      this.messages.push({ id: await this.telegram.write(text), text });
      await sleep(INTERVAL_MS);
    }
  }

  /** The messages that the bot has not yet answered with the number of an incident. */
  get unanswered(): readonly ChatMessage[] {
    const answered = new Set(
      this.telegram.said().flatMap(({ replyTo, text }) => (/#\d+/.test(text) ? [replyTo] : [])),
    );
    return this.messages.filter(({ id }) => !answered.has(id));
  }

  /** What the bot has said last, for errors. */
  get recentReplies(): string {
    return JSON.stringify(this.telegram.said().slice(-5));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.telegram.stop();
  }
}

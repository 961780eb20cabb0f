import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Update } from 'grammy/types';
import type { TelegramServer } from 'telegram-test-api/lib/telegramServer.js';
import { aPort } from './ports.js';
import { TestTelegramFiles } from './telegram-files.js';
import { until } from './until.js';

// Its types declare the wrong module format.
const Backend = createRequire(import.meta.url)('telegram-test-api') as typeof TelegramServer;

export const TOKEN = '123:test';
export const CHAT = -1001;
/** The id that the server gives the bot. */
export const BOT_ID = 666;

/** The longest poll of the bot. */
const MAX_LONG_POLL_MS = 30_000;

/** A message of the bot, as the chat shows it now. */
export interface BotMessage {
  readonly id: number;
  readonly text: string;
  readonly replyTo: number | undefined;
  readonly buttons: readonly string[];
}

/** A response that replaces that of the server, `times` times; without a status there is no response. */
export interface Fault {
  readonly times: number;
  readonly status?: number;
  readonly body?: object;
}

/** A request of the bot. */
export interface ReceivedRequest {
  readonly method: string;
  readonly payload: Record<string, any>;
  readonly atMs: number;
}

interface QueuedUpdate {
  readonly update: Omit<Update, 'update_id'>;
  readonly id: number;
  readonly deliveries: number;
}

/**
 * Telegram for tests: the independent server `telegram-test-api`, behind a proxy that adds what it lacks – long polls,
 * acknowledgement by offset, redelivery until then, the 409 for a second poll, edits, files, and injected faults.
 */
export class TestTelegram {
  readonly requests: ReceivedRequest[] = [];
  /** What people have sent as files. */
  readonly files = new TestTelegramFiles();
  private readonly backend: TelegramServer;
  private readonly front: Server;
  private readonly faults = new Map<string, Fault>();
  private fetches = 0;
  private queue: QueuedUpdate[] = [];
  /** Users who are anonymous administrators of every chat. */
  readonly anonymous = new Set<number>();
  /** Groups that were upgraded to supergroups, with the ids of the supergroups. */
  readonly migrated = new Map<number, number>();
  /** Chats without the bot. */
  readonly closed = new Set<number>();
  private lastUpdate = 1_000;
  private presses = 0;
  private endPoll: (() => void) | undefined;

  private constructor(
    port: number,
    private readonly deliveries: number,
  ) {
    this.backend = new Backend({ port, host: '127.0.0.1', storeTimeout: 3_600 });
    this.front = createServer((request, response) => void this.answer(request, response));
  }

  /** @param deliveries the number of times that each message is delivered, even after it was acknowledged. */
  static async start({ deliveries = 1 } = {}): Promise<TestTelegram> {
    const telegram = new TestTelegram(await aPort(), deliveries);
    await telegram.backend.start();
    telegram.front.listen(0, '127.0.0.1');
    await once(telegram.front, 'listening');
    return telegram;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.front.address() as AddressInfo).port}`;
  }

  /** The number of unacknowledged deliveries; more than 0 while messages are on their way from the server into the queue. */
  get undelivered(): number {
    const unread = this.backend.storage.userMessages.filter(({ isRead }) => !isRead);
    return this.queue.length + unread.length + this.fetches;
  }

  async stop(): Promise<void> {
    this.front.closeAllConnections();
    this.front.close();
    this.endPoll?.();
    await until(() => this.fetches === 0);
    await this.backend.stop();
  }

  /** A person sends a message. @returns the id of the message. */
  async write(text: string | undefined, more: object = {}, chat = CHAT): Promise<number> {
    const client = this.backend.getClient(TOKEN, { chatId: chat, userId: 7, type: 'supergroup' });
    await client.sendMessage({ ...client.makeMessage(text ?? ''), text, ...more } as never);
    return this.backend.storage.userMessages.at(-1)!.messageId;
  }

  /** A person replies to a message of the bot. */
  async replyTo({ id, text, buttons }: BotMessage, reply: string): Promise<number> {
    const from = { id: BOT_ID, is_bot: true, first_name: 'bot' };
    const inline_keyboard = [buttons.map((data) => ({ text: data, callback_data: data }))];
    const original = { message_id: id, text, from, reply_markup: { inline_keyboard } };
    return this.write(reply, { reply_to_message: original });
  }

  /** A person replies to a message of a person. */
  async replyToPerson(message_id: number, text: string, original: object, chat = CHAT): Promise<number> {
    const from = { id: 7, is_bot: false, first_name: 'TestName' };
    const reply_to_message = {
      message_id,
      from,
      chat: { id: chat, type: 'supergroup' },
      date: 1,
      ...original,
    };
    return this.write(text, { reply_to_message }, chat);
  }

  /** A person edits a message. @param edit_date in seconds; the message was sent at 1. */
  edit(message_id: number, text: string | undefined, edit_date: number, more: object = {}): void {
    const from = { id: 7, is_bot: false, first_name: 'TestName' };
    const chat = { id: CHAT, type: 'supergroup', title: 'chat' };
    this.deliver({
      edited_message: { message_id, from, chat, date: 1, edit_date, text, ...more } as NonNullable<
        Update['edited_message']
      >,
    });
  }

  /** A person presses a button of a message of the bot. */
  press({ id: message_id, text }: BotMessage, data: string, chatId = CHAT): void {
    const chat = { id: chatId, type: 'supergroup', title: 'chat' } as const;
    const from = { id: BOT_ID, is_bot: true, first_name: 'bot' };
    this.deliver({
      callback_query: {
        id: `press-${++this.presses}`,
        from: { id: 8, is_bot: false, first_name: 'Анна' },
        message: { message_id, chat, from, date: 1, text },
        chat_instance: '1',
        data,
      } as NonNullable<Update['callback_query']>,
    });
  }

  /** Delivers an update that the server cannot generate. */
  deliver(update: Omit<Update, 'update_id'>): void {
    this.queue.push({ update, id: ++this.lastUpdate, deliveries: this.deliveries });
  }

  fail(method: string, fault: Fault): void {
    this.faults.set(method, fault);
  }

  /** All messages of the bot in a chat, oldest first. */
  said(chat = CHAT): BotMessage[] {
    return this.backend.storage.botMessages
      .filter(({ message }) => Number(message.chat_id) === chat)
      .map(({ messageId, message }) => messageOf(messageId, message as never));
  }

  /** Waits for the bot's reply to a message. */
  async reply(to: number, limit = 10_000): Promise<BotMessage> {
    return this.until(() => this.said().find(({ replyTo }) => replyTo === to), limit);
  }

  /** Waits for a result. */
  async until<Result>(what: () => Result, limit = 10_000): Promise<Exclude<Result, undefined | false>> {
    const state = () => `messages: ${JSON.stringify(this.said())}`;
    return until(what, { timeoutMs: limit, state });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.files.serve(request.url!, response)) return;
    const method = request.url!.split('/').at(-1)!;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString() || '{}';
    const payload = JSON.parse(body) as Record<string, any>;
    this.requests.push({ method, payload, atMs: performance.now() });
    const fault = this.faults.get(method);
    if (fault && fault.times > 0) {
      this.faults.set(method, { ...fault, times: fault.times - 1 });
      if (fault.status !== undefined) send(response, fault.status, fault.body ?? {});
      return;
    }
    if (method === 'getUpdates') return this.poll(payload, response);
    const answered =
      method === 'getFile'
        ? this.files.find(String(payload['file_id']))
        : this.answerAboutChat(method, payload);
    if (answered)
      return send(response, answered.error_code ?? 200, { ok: !answered.error_code, ...answered });
    const answer = await fetch(`${this.backend.config.apiURL}${request.url}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    send(response, answer.status, (await answer.json()) as object);
  }

  /** Telegram's response to methods that the server lacks; undefined for its own methods. */
  private answerAboutChat(
    method: string,
    { chat_id: chat, user_id: user }: Record<string, any>,
  ): Record<string, any> | undefined {
    const id = this.migrated.get(Number(chat));
    if (id !== undefined && method !== 'getChat') {
      const description = 'Bad Request: group chat was upgraded to a supergroup chat';
      return { error_code: 400, description, parameters: { migrate_to_chat_id: id } };
    }
    if (this.closed.has(Number(chat))) {
      return { error_code: 403, description: 'Forbidden: bot is not a member of the supergroup chat' };
    }
    if (method === 'getChatMemberCount') return { result: 3 };
    if (method !== 'getChatMember') return undefined;
    const member = { id: user as number, is_bot: false, first_name: 'x' };
    return this.anonymous.has(user as number)
      ? { result: { status: 'administrator', user: member, is_anonymous: true } }
      : { result: { status: 'member', user: member } };
  }

  private async poll(payload: Record<string, any>, response: ServerResponse): Promise<void> {
    const { offset = 0, limit = 100, timeout = 0 } = payload as Record<string, number>;
    this.endPoll?.();
    const over = new AbortController();
    const end = () => {
      over.abort();
      send(response, 409, {
        ok: false,
        error_code: 409,
        description:
          'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
      });
    };
    this.endPoll = end;
    response.on('close', () => over.abort());
    this.acknowledge(offset);
    const deadline = Date.now() + timeout * 1_000;
    const hasEnded = async () => {
      if (over.signal.aborted) return true;
      await this.fetchFromBackend();
      return over.signal.aborted || this.queue.length > 0 || Date.now() >= deadline;
    };
    await until(hasEnded, { timeoutMs: 2 * MAX_LONG_POLL_MS });
    if (over.signal.aborted) return;
    if (this.endPoll === end) this.endPoll = undefined;
    const result = this.queue
      .slice(0, limit)
      .map(({ id, update }) => Object.assign({ update_id: id }, update));
    send(response, 200, { ok: true, result });
  }

  private acknowledge(offset: number): void {
    const acknowledged = this.queue.filter(({ id }) => id < offset);
    this.queue = this.queue.filter(({ id }) => id >= offset);
    for (const { update, deliveries } of acknowledged) {
      if (deliveries > 1) this.queue.push({ update, id: ++this.lastUpdate, deliveries: deliveries - 1 });
    }
  }

  private async fetchFromBackend(): Promise<void> {
    this.fetches++;
    try {
      const answer = await fetch(`${this.backend.config.apiURL}/bot${TOKEN}/getUpdates`, { method: 'POST' });
      const { result } = (await answer.json()) as { result: Update[] };
      for (const { update_id: _, ...update } of result) this.deliver(update);
    } finally {
      this.fetches--;
    }
  }
}

function messageOf(id: number, message: Record<string, any>): BotMessage {
  const rows = (message['reply_markup']?.inline_keyboard ?? []) as { callback_data: string }[][];
  return {
    id,
    text: message['text'] as string,
    replyTo: message['reply_parameters']?.message_id as number | undefined,
    buttons: rows.flat().map((button) => button.callback_data),
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

import type { Message } from 'grammy/types';
import type { OutgoingMessage } from '../../core/messages/outgoing-message.js';

/** What Telegram has made of a queued message. */
export interface Delivery {
  /** The message that it has become; undefined for an edit, and for a line of another message. */
  readonly own: Message | undefined;
}

interface Details {
  /** Of the message, for the log. */
  readonly name: string;
  /** The topic of a forum. */
  readonly threadId?: number | undefined;
  /** Whether it makes no sound. */
  readonly isSilent?: boolean | undefined;
  /** Whether it is sent again until Telegram has it or refuses it. */
  readonly isPersistent?: boolean;
  /** @param chatId the current id of the chat. @returns the message; true for an edit of one that others have sent. */
  send(chatId: number, content: OutgoingMessage): Promise<Message | true>;
}

/** A message in the queue of a chat, until it is sent or given up. */
export class QueuedMessage {
  /** Whether it is in the queue; while an attempt to send it is in flight, its content cannot change. */
  isWaiting = true;
  queuedAtMs = 0;
  /** Undefined until it is sent, and if it is given up. */
  delivery: Delivery | undefined;
  /** Resolves with its delivery; with undefined if it is given up. */
  readonly settled: Promise<Delivery | undefined>;
  private readonly resolve: (delivery: Delivery | undefined) => void;

  constructor(
    public content: OutgoingMessage,
    readonly details: Details,
  ) {
    const { promise, resolve } = Promise.withResolvers<Delivery | undefined>();
    this.settled = promise;
    this.resolve = resolve;
  }

  /** Sends it as it is, not combined with others. */
  async sendAlone(chatId: number): Promise<Delivery> {
    const result = await this.details.send(chatId, this.content);
    return { own: result === true ? undefined : result };
  }

  /** @param delivery undefined if it is given up. */
  settle(delivery: Delivery | undefined): void {
    this.isWaiting = false;
    this.delivery = delivery;
    this.resolve(delivery);
  }
}

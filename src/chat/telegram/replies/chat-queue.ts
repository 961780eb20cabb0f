import type { QueuedMessage } from './queued-message.js';
import { MAX_TEXT_LENGTH } from './telegram-limits.js';

/** Messages that are sent as one: a single one as it is, several by their lines. */
export type Batch = readonly QueuedMessage[];

/**
 * The messages that wait in one chat, in order. If more wait than may be sent, those with a line are combined, and they and the
 * others take turns, so that neither delay the other.
 */
export class ChatQueue {
  private waiting: QueuedMessage[] = [];
  private hasTakenLines = false;

  /** How many messages wait. */
  get size(): number {
    return this.waiting.length;
  }

  add(message: QueuedMessage): void {
    this.waiting.push(message);
  }

  /** Takes what is sent next. @param allowed how many messages may be sent now, at least 1. */
  take(allowed: number): Batch {
    const batch = this.size <= allowed ? this.waiting.slice(0, 1) : this.nextInTurn();
    this.hasTakenLines = batch[0]?.content.line !== undefined;
    return this.remove(batch);
  }

  takeAll(): Batch {
    return this.remove(this.waiting);
  }

  /** Puts back what was taken, to be sent before the others. */
  putBack(batch: Batch): void {
    for (const message of batch) message.isWaiting = true;
    this.waiting = [...batch, ...this.waiting];
  }

  private nextInTurn(): Batch {
    const isInTurn = ({ content }: QueuedMessage) => (content.line === undefined) === this.hasTakenLines;
    const first = this.waiting.find(isInTurn) ?? this.waiting[0];
    return first === undefined ? [] : this.withCombinable(first);
  }

  /** The message, and those behind it that fit into one message with it. */
  private withCombinable(first: QueuedMessage): Batch {
    const batch = [first];
    if (first.content.line === undefined) return batch;
    let { length } = first.content.line;
    for (const message of this.waiting.slice(this.waiting.indexOf(first) + 1)) {
      const { line } = message.content;
      if (line === undefined || message.details.threadId !== first.details.threadId) continue;
      length += line.length + 1;
      if (length > MAX_TEXT_LENGTH) break;
      batch.push(message);
    }
    return batch;
  }

  private remove(batch: Batch): Batch {
    const removed = new Set(batch);
    for (const message of batch) message.isWaiting = false;
    this.waiting = this.waiting.filter((message) => !removed.has(message));
    return batch;
  }
}

/** The text of several messages as one: a line of each, in up to 4,096 UTF-16 units. */
export const combinedText = (batch: Batch): string => batch.map(({ content }) => content.line).join('\n');

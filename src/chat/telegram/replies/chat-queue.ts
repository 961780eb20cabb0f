import type { QueuedMessage } from './queued-message.js';
import { MAX_TEXT_LENGTH } from './telegram-limits.js';

/** Messages that are sent as one: a single one as it is, several by their lines. */
export type Batch = readonly QueuedMessage[];

/** Which messages take turns: what somebody waits for until it is sent, what can be combined, and the others, such as edits. */
const KINDS = [
  ({ details }: QueuedMessage) => details.isPersistent === true,
  ({ content }: QueuedMessage) => content.line !== undefined,
  () => true,
] as const;

const kindOf = (message: QueuedMessage): number => KINDS.findIndex((isOfKind) => isOfKind(message));

/**
 * The messages that wait in one chat, in order. If more wait than may be sent, those with a line are combined, and the kinds of
 * messages take turns, so that none delays another.
 */
export class ChatQueue {
  private waiting: QueuedMessage[] = [];
  /** The kind that was taken last; before the first, the last one, so that the first kind comes first. */
  private lastKind = KINDS.length - 1;

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
    if (batch[0]) this.lastKind = kindOf(batch[0]);
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
    const [first] = this.waiting.toSorted((one, other) => this.turnsUntil(one) - this.turnsUntil(other));
    return first === undefined ? [] : this.withCombinable(first);
  }

  /** How many kinds are served before this message's, 0 for the next one. */
  private turnsUntil(message: QueuedMessage): number {
    return (kindOf(message) - this.lastKind - 1 + KINDS.length) % KINDS.length;
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

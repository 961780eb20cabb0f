import { createHash } from 'node:crypto';

/** How many messages are remembered; past it, the oldest are forgotten. */
const ROOM = 1_000;

interface Remembered {
  /** A digest of the text as it was handled last. */
  readonly text?: string | undefined;
  /** Undefined where that was before this process. */
  readonly wasReported?: boolean;
}

/** What the newest messages were when they were handled. It ends with the process: whoever asks can do without. */
export class RecentMessages {
  private readonly messages = new Map<string, Remembered>();

  /** The message with this key, or its edit, was handled with this text; some have none. */
  handled(key: string, text: string | undefined): void {
    this.put(key, { text: text === undefined ? undefined : digestOf(text) });
  }

  /** The message has made no report, unless it is remembered that it has. */
  unreported(key: string): void {
    if (!this.messages.get(key)?.wasReported) this.put(key, { wasReported: false });
  }

  /** The message was taken in as a report. */
  reported(key: string): void {
    this.put(key, { wasReported: true });
  }

  /** Whether the message is known to have been handled with this very text. */
  isKnown(key: string, text: string): boolean {
    return this.messages.get(key)?.text === digestOf(text);
  }

  /** Whether the message is known to have been taken in as a report. */
  isReported(key: string): boolean {
    return this.messages.get(key)?.wasReported === true;
  }

  /** Whether the message is known to have made no report. */
  isUnreported(key: string): boolean {
    return this.messages.get(key)?.wasReported === false;
  }

  private put(key: string, news: Remembered): void {
    const remembered = { ...this.messages.get(key), ...news };
    this.messages.delete(key);
    this.messages.set(key, remembered);
    const [oldest] = this.messages.keys();
    if (this.messages.size > ROOM && oldest !== undefined) this.messages.delete(oldest);
  }
}

/** A text in few characters, fit for an idempotency key. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

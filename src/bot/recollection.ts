import { createHash } from 'node:crypto';

/** How many messages are remembered; past it, the oldest are forgotten. */
const ROOM = 1_000;

interface Remembered {
  /** A digest of the text as it was handled last. */
  readonly text: string | undefined;
  readonly wasReported: boolean;
}

/** What the newest messages were when they were handled. It ends with the process: whoever asks can do without. */
export class Recollection {
  private readonly messages = new Map<string, Remembered>();

  /** The message with this key was handled with this text; one without a text has none. */
  handled(key: string, text: string | undefined): void {
    const { wasReported = false } = this.messages.get(key) ?? {};
    this.put(key, { text: text === undefined ? undefined : digestOf(text), wasReported });
  }

  /** The message was taken in as a report. */
  reported(key: string): void {
    this.put(key, { text: this.messages.get(key)?.text, wasReported: true });
  }

  /** Whether the message is known to have been handled with this very text. */
  isKnown(key: string, text: string): boolean {
    return this.messages.get(key)?.text === digestOf(text);
  }

  /** Whether the message is known to have been handled and to have made no report. */
  isUnreported(key: string): boolean {
    return this.messages.get(key)?.wasReported === false;
  }

  private put(key: string, remembered: Remembered): void {
    this.messages.delete(key);
    this.messages.set(key, remembered);
    const [oldest] = this.messages.keys();
    if (this.messages.size > ROOM && oldest !== undefined) this.messages.delete(oldest);
  }
}

/** A text in few characters, fit for an idempotency key. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

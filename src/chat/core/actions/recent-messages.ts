import { createHash } from 'node:crypto';

/** The oldest messages are forgotten beyond it. */
const MAX_MESSAGES = 1_000;

interface RecentMessage {
  /** A digest of the text that was handled last. */
  readonly textDigest?: string | undefined;
  /** Undefined where an earlier process has handled it. */
  readonly isReport?: boolean;
}

/** What became of the newest messages. It is lost with the process: callers work without it. */
export class RecentMessages {
  private readonly messages = new Map<string, RecentMessage>();

  /** Records that the message with this key, or its edit, was handled with this text; some have none. */
  markHandled(key: string, text: string | undefined): void {
    this.put(key, { textDigest: text === undefined ? undefined : digestOf(text) });
  }

  /** Records that the message is no report, unless it is recorded that it is one. */
  markNotReport(key: string): void {
    if (!this.messages.get(key)?.isReport) this.put(key, { isReport: false });
  }

  /** Records that the message was accepted as a report. */
  markReport(key: string): void {
    this.put(key, { isReport: true });
  }

  /** Whether the message is known to have been handled with this very text. */
  wasHandled(key: string, text: string): boolean {
    return this.messages.get(key)?.textDigest === digestOf(text);
  }

  /** Whether the message is known to be a report. */
  isReport(key: string): boolean {
    return this.messages.get(key)?.isReport === true;
  }

  /** Whether the message is known to be no report. */
  isNotReport(key: string): boolean {
    return this.messages.get(key)?.isReport === false;
  }

  private put(key: string, changes: RecentMessage): void {
    const message = { ...this.messages.get(key), ...changes };
    this.messages.delete(key);
    this.messages.set(key, message);
    const [oldest] = this.messages.keys();
    if (this.messages.size > MAX_MESSAGES && oldest !== undefined) this.messages.delete(oldest);
  }
}

/** A text in few characters, fit for an idempotency key. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

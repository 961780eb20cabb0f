import { createHash } from 'node:crypto';

/** The oldest messages are forgotten beyond it. */
const MAX_MESSAGES = 1_000;

interface RecentMessage {
  /** A digest of the text that was handled last. */
  readonly textDigest?: string;
  /** Undefined where an earlier process has handled it. */
  readonly isReport?: boolean;
  /** The incident that it is about. */
  readonly incidentId?: number;
}

/** What became of the newest messages. It is lost with the process: callers work without it. */
export class RecentMessages {
  private readonly messages = new Map<string, RecentMessage>();

  /** Records that the message with this key, or its edit, was handled with this text. */
  markHandled(key: string, text: string): void {
    this.put(key, { textDigest: digestOf(text) });
  }

  /** Records whether the message was accepted as a report. Once it was, it stays one. */
  markReport(key: string, isReport = true): void {
    this.put(key, { isReport: isReport || this.isReport(key) === true });
  }

  /** Whether the message is known to have been handled with this very text. */
  wasHandled(key: string, text: string): boolean {
    return this.messages.get(key)?.textDigest === digestOf(text);
  }

  /** Whether the message is a report; undefined where that is not known. */
  isReport(key: string): boolean | undefined {
    return this.messages.get(key)?.isReport;
  }

  /** Records which incident the message is about. */
  markIncident(key: string, id: number): void {
    this.put(key, { incidentId: id });
  }

  /** The incident that the message is about; undefined where that is not known. */
  incidentOf(key: string): number | undefined {
    return this.messages.get(key)?.incidentId;
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

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
  draftName,
  DraftStore,
  type DraftWarning,
  parseDraft,
  type StoredAttempt,
  type StoredDraft,
  type TextStorage,
} from './draft-store.js';

/** What another tab writes does not replace a text into which somebody typed within this time. */
const TYPING_MS = 3_000;

/** An older request is not sent again: the service may have forgotten its idempotency key, and would carry it out twice. */
const MAX_ATTEMPT_AGE_MS = 86_400_000;

/** Empty drafts beyond so many are forgotten: somebody looks at hundreds of incidents a day, and types about few. */
const MAX_KNOWN = 200;

/** What drafts need. */
export interface DraftsEnvironment {
  /** The name of who is signed in. */
  readonly holder: () => string;
  /** Undefined where the browser allows none. */
  readonly storage: TextStorage | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newKey: () => string;
}

/** A request whose outcome is not known. The same body under the same key takes effect once. */
export interface Attempt {
  readonly key: string;
  /** The body of the request. */
  readonly json: unknown;
  /** The text of the draft that it contains. */
  readonly text: string;
}

interface Draft {
  /** The name of its item in the storage. */
  readonly name: string;
  readonly text: Signal<string>;
  /** The text that is stored. */
  known: string;
  key: string;
  /** When somebody last typed, in any tab. */
  atMs: number;
  /** When somebody last typed here. */
  typedMs: number;
  attempt: StoredAttempt | undefined;
}

/**
 * What somebody types, until the service has confirmed it: it survives a reload, the end of the session and a lost network. Each key holder
 * has drafts of their own.
 *
 * If a draft is edited in two tabs, each shows the newest text, except while somebody types there. `DraftStore` says what is stored.
 */
export class Drafts {
  private readonly drafts = new Map<string, Draft>();
  private readonly store: DraftStore;

  constructor(private readonly environment: DraftsEnvironment) {
    this.store = new DraftStore(environment.storage);
  }

  /** What somebody has to know about the drafts, if anything. */
  get warning(): ReadonlySignal<DraftWarning | undefined> {
    return this.store.warning;
  }

  /** The text of a draft, to read and to write. @param place where it is typed, such as `append:42`. */
  textOf(place: string): Signal<string> {
    return this.draftOf(place).text;
  }

  /** The key of the request that sends a draft; it stays the same until the draft is discarded. */
  idempotencyKeyOf(place: string): string {
    const draft = this.draftOf(place);
    return (this.currentAttempt(draft) ?? draft).key;
  }

  /** Notes that a draft is sent. @returns the same attempt as before if it has the same body, and its outcome is still unknown. */
  begin(place: string, json: unknown): Attempt {
    const draft = this.draftOf(place);
    const body = JSON.stringify(json);
    if (this.currentAttempt(draft)?.json !== body) {
      const { key } = draft;
      draft.attempt = { key, json: body, text: draft.text.value, atMs: this.environment.now() };
      draft.key = this.environment.newKey();
      this.save(draft);
    }
    return toAttempt(draft.attempt!);
  }

  /** The request with a draft that was sent, and whose outcome is unknown. */
  attemptOf(place: string): Attempt | undefined {
    const attempt = this.currentAttempt(this.draftOf(place));
    return attempt && toAttempt(attempt);
  }

  /** The places whose drafts were sent and have no known outcome, for example since the page was closed. */
  unanswered(): readonly string[] {
    return this.store
      .placesOf(this.environment.holder())
      .filter((place) => this.attemptOf(place) !== undefined);
  }

  /** The service has refused a draft: the text stays, and is sent under another key next time. */
  refused(place: string): void {
    const draft = this.draftOf(place);
    draft.attempt = undefined;
    draft.key = this.environment.newKey();
    this.save(draft);
  }

  /** The service has confirmed a draft. @param sent the text that it contained: if another one was typed since, that one stays. */
  discard(place: string, sent?: string): void {
    const draft = this.draftOf(place);
    draft.attempt = undefined;
    draft.key = this.environment.newKey();
    if (sent === undefined || draft.text.value === sent) this.adopt(draft, '');
    this.save(draft);
  }

  /** Another tab has changed the storage. @param name of the item. @param value undefined or null if it is gone. */
  changedElsewhere(name: string | null, value: string | null | undefined): void {
    const draft = name === null ? undefined : this.drafts.get(name);
    if (draft) this.merge(draft, parseDraft(value));
  }

  /** Reads the storage again: the page was stored by the browser meanwhile, and has missed what other tabs did. */
  refresh(): void {
    for (const draft of this.drafts.values()) this.merge(draft, this.store.load(draft.name));
  }

  private merge(draft: Draft, stored: StoredDraft | undefined): void {
    const isTyping = this.environment.now() - draft.typedMs < TYPING_MS;
    draft.attempt = stored?.attempt;
    draft.key = stored?.key ?? this.environment.newKey();
    if (isTyping && draft.text.value !== '') {
      // The text in the other tab was sent or discarded, but not this one.
      if (!stored) this.save(draft);
    } else if (!stored) {
      this.adopt(draft, '');
    } else if (stored.atMs >= draft.atMs) {
      draft.atMs = stored.atMs;
      this.adopt(draft, stored.text);
    }
  }

  private draftOf(place: string): Draft {
    const name = draftName(this.environment.holder(), place);
    const draft = this.drafts.get(name) ?? this.open(name);
    // The map has the one that was used last at its end.
    this.drafts.delete(name);
    this.drafts.set(name, draft);
    return draft;
  }

  private open(name: string): Draft {
    for (const [other, { text, attempt }] of this.drafts) {
      if (this.drafts.size < MAX_KNOWN) break;
      if (text.value === '' && !attempt) this.drafts.delete(other);
    }
    const stored = this.store.load(name);
    const draft: Draft = {
      name,
      text: signal(stored?.text ?? ''),
      known: stored?.text ?? '',
      key: stored?.key ?? this.environment.newKey(),
      atMs: stored?.atMs ?? 0,
      typedMs: -Infinity,
      attempt: stored?.attempt,
    };
    draft.text.subscribe((text) => {
      if (text === draft.known) return;
      draft.known = text;
      draft.typedMs = draft.atMs = this.environment.now();
      this.save(draft);
    });
    return draft;
  }

  /** Shows a text that nobody has typed here. */
  private adopt(draft: Draft, text: string): void {
    draft.known = text;
    draft.text.value = text;
  }

  private save({ name, text: { value: text }, key, atMs, attempt }: Draft): void {
    if (text === '' && !attempt) this.store.remove(name);
    else this.store.save(name, { text, key, atMs, attempt });
  }

  private currentAttempt({ attempt }: Draft): StoredAttempt | undefined {
    return attempt && this.environment.now() - attempt.atMs < MAX_ATTEMPT_AGE_MS ? attempt : undefined;
  }
}

const toAttempt = ({ key, json, text }: StoredAttempt): Attempt => ({
  key,
  json: JSON.parse(json) as unknown,
  text,
});

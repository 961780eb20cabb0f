import { type ReadonlySignal, type Signal, signal } from '@preact/signals';

/** The part of `localStorage` that is used. */
export interface TextStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** A request that was sent and whose outcome is not known. */
export interface StoredAttempt {
  readonly key: string;
  /** The body of the request, as JSON. */
  readonly json: string;
  /** The text of the draft when it was sent. */
  readonly text: string;
  readonly atMs: number;
}

export interface StoredDraft {
  readonly text: string;
  /** The idempotency key of the next request. */
  readonly key: string;
  /** When somebody last typed. */
  readonly atMs: number;
  readonly attempt?: StoredAttempt;
}

/**
 * What somebody has to know: the oldest draft was `dropped` since there were too many, or this one is `not-stored`, so that it is lost with
 * the page.
 */
export type DraftWarning = 'dropped' | 'not-stored';

const PREFIX = 'incidents.draft:';

/** Drafts of all key holders of this browser. */
const MAX_DRAFTS = 50;

/** As long as the longest description. */
const MAX_LENGTH = 100_000;

/**
 * Drafts in the storage of the browser, each an item under its name. There are up to 50, of all key holders together, and as many characters as
 * the browser allows: the one that was edited longest ago makes room for a new one.
 */
export class DraftStore {
  readonly warning: ReadonlySignal<DraftWarning | undefined>;
  private readonly current: Signal<DraftWarning | undefined> = signal(undefined);

  constructor(private readonly storage: TextStorage | undefined) {
    this.warning = this.current;
  }

  load(name: string): StoredDraft | undefined {
    return parseDraft(this.storage?.getItem(name));
  }

  save(name: string, draft: StoredDraft): void {
    if (!this.storage || draft.text.length > MAX_LENGTH) {
      this.current.value = 'not-stored';
      return;
    }
    if (this.storage.getItem(name) === null) {
      while (this.names().length >= MAX_DRAFTS && this.dropOldest(name));
    }
    while (!this.write(this.storage, name, JSON.stringify(draft))) {
      if (this.dropOldest(name)) continue;
      this.current.value = 'not-stored';
      return;
    }
    if (this.current.value === 'not-stored') this.current.value = undefined;
  }

  remove(name: string): void {
    this.storage?.removeItem(name);
    this.current.value = undefined;
  }

  /** The places that have drafts of a holder. */
  placesOf(holder: string): readonly string[] {
    const prefix = draftName(holder, '');
    return this.names()
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }

  private write(storage: TextStorage, name: string, value: string): boolean {
    try {
      storage.setItem(name, value);
      return true;
    } catch (error) {
      // The name differs between browsers.
      if (/quota/i.test((error as Error).name)) return false;
      throw error;
    }
  }

  private names(): string[] {
    const { storage } = this;
    if (!storage) return [];
    return Array.from({ length: storage.length }, (_, index) => storage.key(index)!).filter((name) =>
      name.startsWith(PREFIX),
    );
  }

  /** Drops the oldest draft except this one. @returns whether there was any. */
  private dropOldest(except: string): boolean {
    const age = (name: string) => parseDraft(this.storage!.getItem(name))?.atMs ?? 0;
    const [oldest] = this.names()
      .filter((name) => name !== except)
      .toSorted((one, other) => age(one) - age(other));
    if (oldest === undefined) return false;
    this.storage!.removeItem(oldest);
    this.current.value = 'dropped';
    return true;
  }
}

/** The name of the item with the draft of a key holder at a place. */
export const draftName = (holder: string, place: string): string =>
  `${PREFIX}${encodeURIComponent(holder)}:${place}`;

/** The draft in an item of the storage; undefined if there is none, or it was not written by this release. */
export function parseDraft(value: string | null | undefined): StoredDraft | undefined {
  if (value === null || value === undefined) return undefined;
  try {
    const draft = JSON.parse(value) as Partial<StoredDraft> | null;
    const isDraft =
      typeof draft?.text === 'string' && typeof draft.key === 'string' && typeof draft.atMs === 'number';
    return isDraft ? (draft as StoredDraft) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

import type { Drafts } from '../../../console/src/drafts/drafts.js';
import type { TextStorage } from '../../../console/src/drafts/draft-store.js';

/** The storage of a browser: it tells the other tabs what a tab writes, and has a quota. */
export class BrowserStorage {
  readonly items = new Map<string, string>();
  private readonly tabs = new Map<TextStorage, Drafts>();
  quota = Infinity;

  /** The storage as one tab sees it. */
  open(): TextStorage {
    const { items } = this;
    const write = (name: string, value: string | null) => {
      if (items.get(name) === (value ?? undefined)) return;
      if (value === null) items.delete(name);
      else items.set(name, value);
      for (const [tab, drafts] of this.tabs) if (tab !== storage) drafts.changedElsewhere(name, value);
    };
    const storage: TextStorage = {
      get length() {
        return items.size;
      },
      key: (index) => [...items.keys()][index] ?? null,
      getItem: (name) => items.get(name) ?? null,
      setItem: (name, value) => {
        const size = [...items].reduce(
          (sum, [key, text]) => sum + (key === name ? 0 : text.length),
          value.length,
        );
        if (size > this.quota) throw new DOMException('full', 'QuotaExceededError');
        write(name, value);
      },
      removeItem: (name) => write(name, null),
    };
    return storage;
  }

  /** Tells these drafts what other tabs write. */
  connect(storage: TextStorage, drafts: Drafts): void {
    this.tabs.set(storage, drafts);
  }
}

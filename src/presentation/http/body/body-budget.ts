/** A body that is being read or processed. */
export interface BudgetedBody {
  /** Counts bytes that have arrived. If the total exceeds the limit, rejects the largest body that is still arriving. */
  add(bytes: number): void;
  /** Marks the body as complete: it is not rejected any more. */
  complete(): void;
  /** Releases its bytes. Further calls do nothing. */
  release(): void;
}

interface Entry {
  bytes: number;
  isArriving: boolean;
  readonly reject: () => void;
}

/**
 * Bounds the memory, or the space on the disk, of all bodies in this process. Above the limit, it rejects the largest of those that are still arriving, so
 * that many large bodies that stall cannot block the small ones of others.
 */
export class BodyBudget {
  private readonly entries = new Set<Entry>();
  private total = 0;

  constructor(private readonly maxBytes: number) {}

  /** @param reject stops reading the body, and must release it. */
  begin(reject: () => void): BudgetedBody {
    const entry: Entry = { bytes: 0, isArriving: true, reject };
    this.entries.add(entry);
    return {
      add: (bytes) => {
        entry.bytes += bytes;
        this.total += bytes;
        if (this.total > this.maxBytes) this.largestArriving()?.reject();
      },
      complete: () => (entry.isArriving = false),
      release: () => {
        if (this.entries.delete(entry)) this.total -= entry.bytes;
      },
    };
  }

  private largestArriving(): Entry | undefined {
    let largest: Entry | undefined;
    for (const entry of this.entries) {
      if (entry.isArriving && entry.bytes > (largest?.bytes ?? 0)) largest = entry;
    }
    return largest;
  }
}

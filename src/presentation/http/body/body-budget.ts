/** How many bytes the bodies of all requests under way may have together. Parsed, they take several times that. */
const MAX_TOTAL_BYTES = 32 * 1024 * 1024;

/** A body that is being read, or was read and is being worked on. */
export interface BudgetedBody {
  /** Counts bytes that have arrived; ends the reading of the largest body where all have too many. */
  add(bytes: number): void;
  /** All of it has arrived: it cannot be refused any more. */
  arrived(): void;
  /** It is not kept any more. Only the first call counts. */
  release(): void;
}

interface Entry {
  bytes: number;
  isArriving: boolean;
  readonly refuse: () => void;
}

/**
 * Bounds the memory that bodies take in this process, whoever sends them and however slowly. Past the bound the largest of
 * those that are still arriving is refused: so many large ones that stall cannot keep out the small ones of others.
 */
export class BodyBudget {
  private readonly entries = new Set<Entry>();
  private total = 0;

  /** @param refuse ends the reading of this body; it has to release it. */
  begin(refuse: () => void): BudgetedBody {
    const entry: Entry = { bytes: 0, isArriving: true, refuse };
    this.entries.add(entry);
    return {
      add: (bytes) => {
        entry.bytes += bytes;
        this.total += bytes;
        if (this.total > MAX_TOTAL_BYTES) this.largestArriving()?.refuse();
      },
      arrived: () => (entry.isArriving = false),
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

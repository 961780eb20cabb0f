import type { Database } from '../connection/database.js';
import type { Statement } from '../connection/statement.js';

/** When keys or sessions were last used by requests of this process: noted in memory, and stored now and then. */
export class LastUses {
  private readonly used = new Map<number, Date>();
  private readonly stored = new Map<number, Date>();

  /** @param statement stores times ($2) of ids ($1), unless a later one is stored. */
  constructor(
    private readonly database: Database,
    private readonly statement: Statement,
  ) {}

  note(id: number, at: Date): void {
    this.used.set(id, at);
  }

  /** The last use in this process; undefined if there was none. */
  of(id: number): Date | undefined {
    return this.used.get(id);
  }

  /** Stores the uses that are more than `precisionMs` after the stored ones. @throws StoreUnavailable */
  async store(precisionMs: number): Promise<void> {
    const updates = [...this.used].filter(([id, at]) => {
      const stored = this.stored.get(id);
      return !stored || at.getTime() - stored.getTime() > precisionMs;
    });
    // In one order, so that processes do not wait for each other in a circle.
    updates.sort(([a], [b]) => a - b);
    if (updates.length === 0) return;
    await this.database.query(this.statement, [
      updates.map(([id]) => id),
      updates.map(([, at]) => at.toISOString()),
    ]);
    for (const [id, at] of updates) this.stored.set(id, at);
  }

  /** Forgets what no longer exists. */
  forgetUnless(exists: (id: number) => boolean): void {
    for (const id of this.used.keys()) {
      if (exists(id)) continue;
      this.used.delete(id);
      this.stored.delete(id);
    }
  }
}

/** Runs at most so many pieces of work at once; the others wait, in the order in which they came. */
export class ConcurrencyLimit {
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(private readonly max: number) {}

  /** Resolves or rejects as the work does. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running === this.max) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

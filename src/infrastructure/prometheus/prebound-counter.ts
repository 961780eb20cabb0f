import { Counter, type Registry } from 'prom-client';

/** One series of a tally. */
export interface PreboundSeries {
  count: number;
}

/**
 * A counter of known series, each of which is there from the beginning: so rate() sees the first event. Counting is an
 * addition; prom-client would look up the labels at each, which costs as much as much of a request's own work.
 */
export class PreboundCounter<Label extends string> {
  private readonly cells: { readonly labels: Record<Label, string>; readonly cell: PreboundSeries }[] = [];

  constructor(registry: Registry, name: string, help: string, labelNames: Label[]) {
    const { cells } = this;
    void new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, cell } of cells) this.inc(labels, cell.count);
      },
    });
  }

  /** Adds a series, at zero. */
  series(labels: Record<Label, string>): PreboundSeries {
    const cell = { count: 0 };
    this.cells.push({ labels, cell });
    return cell;
  }
}

import { Counter, type Registry } from 'prom-client';

/** One series of a counter. */
export interface PreboundSeries {
  count: number;
}

/**
 * A counter of known series. All of them are exported from the start, at 0, so that rate() sees the first event. Counting is
 * one addition; prom-client looks up the labels each time, which costs as much as a good part of a request.
 */
export class PreboundCounter<Label extends string> {
  private readonly entries: { readonly labels: Record<Label, string>; readonly series: PreboundSeries }[] =
    [];

  constructor(registry: Registry, name: string, help: string, labelNames: Label[]) {
    const { entries } = this;
    void new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, series } of entries) this.inc(labels, series.count);
      },
    });
  }

  /** Adds a series, at zero. */
  series(labels: Record<Label, string>): PreboundSeries {
    const series = { count: 0 };
    this.entries.push({ labels, series });
    return series;
  }
}

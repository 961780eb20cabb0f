import { type ReadonlySignal, signal } from '@preact/signals';
import type { Incident } from '../api/types.js';
import { compareKeys, lowerBound, orderOf, type SortKey, sortKeyOf, type View } from './list-view.js';

type Row = readonly [id: number, key: SortKey];

/** The rows of the list, in the order of the service, as far as pages are loaded. */
export class IncidentRows {
  private readonly published = signal<readonly number[]>([]);
  private readonly keys = new Map<number, SortKey>();
  private sorted: Row[] = [];
  private order: ReturnType<typeof orderOf> = 'attention';
  /** The key of the last row that was loaded; undefined if all are. */
  private end: SortKey | undefined;
  private hasChanged = false;

  get rows(): ReadonlySignal<readonly number[]> {
    return this.published;
  }

  get size(): number {
    return this.keys.size;
  }

  has(id: number): boolean {
    return this.keys.has(id);
  }

  /** @param last the last incident of the pages so far; undefined if there are no more pages. */
  setView(view: View, last: Incident | undefined): void {
    this.order = orderOf(view);
    this.end = last && sortKeyOf(this.order, last);
  }

  clear(): void {
    this.sorted = [];
    this.keys.clear();
    this.hasChanged = true;
  }

  /** Whether the pages so far reach to the place of this incident. */
  reaches(incident: Incident): boolean {
    return this.end === undefined || compareKeys(sortKeyOf(this.order, incident), this.end) <= 0;
  }

  /** Puts an incident where it belongs, or removes it. `publish` shows it. */
  place(incident: Incident, isInView: boolean): void {
    const { id } = incident;
    const known = this.keys.get(id);
    const key = isInView && this.reaches(incident) ? sortKeyOf(this.order, incident) : undefined;
    if (known && key && compareKeys(known, key) === 0) return;
    if (!known && !key) return;
    this.hasChanged = true;
    if (known) {
      this.sorted.splice(this.indexOf(known), 1);
      this.keys.delete(id);
    }
    if (key) {
      this.sorted.splice(this.indexOf(key), 0, [id, key]);
      this.keys.set(id, key);
    }
  }

  publish(): void {
    if (!this.hasChanged) return;
    this.hasChanged = false;
    this.published.value = this.sorted.map(([id]) => id);
  }

  private indexOf(key: SortKey): number {
    return lowerBound(this.sorted.length, (index) => this.sorted[index]![1], key);
  }
}

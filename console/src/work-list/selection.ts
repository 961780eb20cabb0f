import { batch, type ReadonlySignal, signal } from '@preact/signals';

const NONE: ReadonlySet<number> = new Set();

/** The row that the keys act on, and the rows that are marked to be changed together. */
export class Selection {
  private readonly current = signal<number | undefined>(undefined);
  private readonly marks = signal(NONE);
  /** Where the selected row was last: if it leaves the list, the one in its place is selected. */
  private lastIndex = 0;
  /** Where a range of marks began. */
  private anchor: number | undefined;

  constructor(private readonly rows: ReadonlySignal<readonly number[]>) {}

  /** The selected incident. */
  get id(): ReadonlySignal<number | undefined> {
    return this.current;
  }

  get marked(): ReadonlySignal<ReadonlySet<number>> {
    return this.marks;
  }

  select(id: number | undefined): void {
    this.current.value = id;
    this.anchor = id;
    this.rememberIndex();
  }

  /** Selects the row so many rows further down. @returns its id; undefined in an empty list. */
  move(step: number): number | undefined {
    const rows = this.rows.value;
    const { value: id } = this.current;
    const index = id === undefined ? -1 : rows.indexOf(id);
    const target = index === -1 ? (id === undefined ? 0 : this.lastIndex) : index + step;
    const next = rows[Math.max(0, Math.min(rows.length - 1, target))];
    if (next !== undefined) this.select(next);
    return next;
  }

  /** Marks from where a range began to the row so many rows further down, which is selected. */
  extend(step: number): number | undefined {
    const anchor = this.anchor ?? this.current.value;
    const next = this.move(step);
    this.anchor = anchor ?? next;
    if (next !== undefined) this.markRange(next);
    return next;
  }

  /** Marks from where a range began to this row. */
  extendTo(id: number): void {
    const anchor = this.anchor ?? this.current.value ?? id;
    this.select(id);
    this.anchor = anchor;
    this.markRange(id);
  }

  private markRange(id: number): void {
    const rows = this.rows.value;
    const [from, to] = [rows.indexOf(this.anchor!), rows.indexOf(id)].toSorted((a, b) => a - b);
    this.marks.value = new Set([...this.marks.value, ...rows.slice(Math.max(0, from!), to! + 1)]);
  }

  /** Marks a row, or takes the mark from it. */
  toggle(id: number): void {
    const marks = new Set(this.marks.value);
    if (!marks.delete(id)) marks.add(id);
    this.marks.value = marks;
    this.anchor = id;
  }

  clearMarks(): void {
    this.marks.value = NONE;
  }

  /** Follows a change of the rows: what left the list is neither marked nor selected. */
  follow(): void {
    const rows = this.rows.value;
    const { value: id } = this.current;
    batch(() => {
      if (this.marks.value.size > 0) {
        const present = new Set(rows);
        const marks = [...this.marks.value].filter((each) => present.has(each));
        if (marks.length < this.marks.value.size) this.marks.value = new Set(marks);
      }
      if (id !== undefined && !rows.includes(id)) {
        this.current.value = rows[Math.min(this.lastIndex, rows.length - 1)];
        this.anchor = this.current.value;
      }
    });
    this.rememberIndex();
  }

  private rememberIndex(): void {
    const { value: id } = this.current;
    const index = id === undefined ? -1 : this.rows.value.indexOf(id);
    if (index !== -1) this.lastIndex = index;
  }
}

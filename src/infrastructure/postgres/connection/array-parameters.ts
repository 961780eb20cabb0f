/** A column of rows that a statement gets as one array for each column. */
export interface ArrayColumn<Item> {
  readonly name: string;
  /** The SQL type of its elements. */
  readonly type: string;
  readonly valueOf: (item: Item) => unknown;
}

/** The names of the columns, as `INSERT` and `AS row (…)` list them. */
export function columnNames(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => name).join(', ');
}

/** The parameters of the columns, as arguments of `unnest`: `$3::text[], $4::bigint[]`. */
export function arrayParameters(columns: readonly { readonly type: string }[], firstNumber = 1): string {
  return columns.map(({ type }, i) => `$${firstNumber + i}::${type}[]`).join(', ');
}

/** The values of these parameters. */
export function arraysOf<Item>(
  columns: readonly ArrayColumn<Item>[],
  items: readonly Item[],
): readonly unknown[][] {
  return columns.map(({ valueOf }) => items.map(valueOf));
}

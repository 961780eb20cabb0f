/** An object as a row has it: null stands for undefined. */
export type RowOf<Stored> = {
  readonly [Property in keyof Stored]: undefined extends Stored[Property]
    ? Exclude<Stored[Property], undefined> | null
    : Stored[Property];
};

/** The object of a row. */
export function fromRow<Stored extends object>(row: RowOf<Stored>): Stored {
  return Object.fromEntries(
    Object.entries(row).map(([property, value]) => [property, value ?? undefined]),
  ) as Stored;
}

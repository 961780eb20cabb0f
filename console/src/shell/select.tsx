interface Props<Value extends string | number> {
  readonly value: Value;
  readonly choices: readonly Value[];
  readonly textOf: (choice: Value) => string;
  readonly onChoose: (choice: Value) => void;
  readonly id?: string;
  readonly name?: string;
  readonly 'aria-describedby'?: string;
}

/** A list of which one choice is selected. */
export function Select<Value extends string | number>({
  choices,
  textOf,
  onChoose,
  ...attributes
}: Props<Value>) {
  return (
    <select
      {...attributes}
      onChange={({ currentTarget: { selectedIndex } }) => onChoose(choices[selectedIndex]!)}
    >
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {textOf(choice)}
        </option>
      ))}
    </select>
  );
}

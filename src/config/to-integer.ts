/** Converts the text of an integer. Anything else stays as it is, and validation rejects it. */
export const toInteger = ({ value }: { value: unknown }) =>
  typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;

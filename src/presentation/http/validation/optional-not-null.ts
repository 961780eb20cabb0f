import { ValidateIf } from 'class-validator';

/** The other rules hold where there is a value. `@IsOptional()` would let null through as well. */
export const OptionalNotNull = () => ValidateIf((_, value) => value !== undefined);

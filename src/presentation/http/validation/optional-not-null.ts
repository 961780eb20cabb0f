import { ValidateIf } from 'class-validator';

/** The other rules apply unless the member is absent. `@IsOptional()` would accept null as well. */
export const OptionalNotNull = () => ValidateIf((_, value) => value !== undefined);

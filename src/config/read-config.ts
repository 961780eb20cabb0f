import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/** A process cannot start with these variables. */
export class InvalidConfig extends Error {
  constructor(readonly validationErrors: readonly string[]) {
    super(`The configuration is invalid:\n${validationErrors.map((each) => `  - ${each}`).join('\n')}`);
  }
}

/**
 * Reads the variables that a class declares as members; an empty one counts as absent, and gets the member's default.
 * @throws InvalidConfig with one validation error per variable.
 */
export function readConfig<Variables extends object>(
  type: new () => Variables,
  environment: NodeJS.ProcessEnv,
): Variables {
  const declared = Object.keys(new type());
  const given = Object.entries(environment).filter(
    ([name, value]) => declared.includes(name) && value !== '',
  );
  const variables = plainToInstance(type, Object.fromEntries(given), { exposeDefaultValues: true });
  // A text breaks the bounds of a number too, but they do not explain it.
  const validationErrors = validateSync(variables).flatMap(({ constraints = {} }) =>
    [constraints['isInt'] ?? Object.values(constraints)].flat().slice(0, 1),
  );
  if (validationErrors.length > 0) throw new InvalidConfig(validationErrors);
  return variables;
}

import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/** The environment says something that a process cannot be started with. */
export class InvalidConfig extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/**
 * Reads the variables that a class has as its members; an empty one counts as absent, and has the member's default.
 * @throws InvalidConfig with all that is wrong, one problem each.
 */
export function readVariables<Variables extends object>(
  type: new () => Variables,
  environment: NodeJS.ProcessEnv,
): Variables {
  const known = Object.keys(new type());
  const given = Object.entries(environment).filter(([name, value]) => known.includes(name) && value !== '');
  const variables = plainToInstance(type, Object.fromEntries(given), { exposeDefaultValues: true });
  const problems = validateSync(variables).flatMap((error) =>
    Object.values(error.constraints ?? {}).slice(0, 1),
  );
  if (problems.length > 0) throw new InvalidConfig(problems);
  return variables;
}

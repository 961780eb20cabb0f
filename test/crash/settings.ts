/** The settings of a crash test. */
export interface Settings {
  /** The number of reported incidents; each is also changed a few times. */
  readonly creates: number;
  /** The number of times that an api process is killed. */
  readonly kills: number;
  /** The number of times that PostgreSQL is stopped immediately, as by a crash, and started again. */
  readonly restarts: number;
  readonly clients: number;
  /** The same seed chooses the same requests and the same times of faults, counted in reports. */
  readonly seed: number;
  /** Whether PostgreSQL may lose committed transactions: then the test must find lost reports. */
  readonly unsafe: boolean;
}

export const HELP = `Reports and changes incidents while it kills api processes and PostgreSQL, and compares the acknowledged
requests with the database. Exits with 1 if anything is lost, duplicated or altered, and with 2 if the test itself fails.

  CREATES=500   incidents to report       KILLS=3      kill -9 of an api process
  CLIENTS=4     client processes          RESTARTS=1   immediate stops of PostgreSQL
  SEED=1234     repeats a run             UNSAFE=1     without durability: must find losses

  A large run: CREATES=10000 KILLS=20 RESTARTS=5 make crash-test`;

/** @throws if the variable is not an integer. */
export function integer(environment: NodeJS.ProcessEnv, name: string, defaultValue: number): number {
  const value = environment[name] || String(defaultValue);
  if (!/^\d{1,9}$/.test(value)) throw new Error(`${name} must be an integer, not "${value}".`);
  return Number(value);
}

export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return {
    creates: integer(environment, 'CREATES', 500),
    kills: integer(environment, 'KILLS', 3),
    restarts: integer(environment, 'RESTARTS', 1),
    clients: Math.max(integer(environment, 'CLIENTS', 4), 1),
    seed: integer(environment, 'SEED', Math.floor(Math.random() * 1e9)),
    unsafe: environment['UNSAFE'] === '1',
  };
}

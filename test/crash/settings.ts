/** What a drill does. */
export interface Settings {
  /** How many incidents are reported; each is changed a few times besides. */
  readonly creates: number;
  /** How often an api process is killed. */
  readonly kills: number;
  /** How often PostgreSQL is stopped at once, as by a crash, and started again. */
  readonly restarts: number;
  readonly clients: number;
  /** The same seed chooses the same requests and the same moments, counted in reports. */
  readonly seed: number;
  /** Whether PostgreSQL may lose what it has committed: then the drill has to find losses. */
  readonly unsafe: boolean;
}

export const HELP = `Reports and changes incidents while api processes and PostgreSQL are killed, and compares what was
acknowledged with what is in the database. Ends with 1 where anything is lost, doubled or altered, and with 2 where the
drill itself has failed.

  CREATES=500   incidents to report       KILLS=3      kill -9 of an api process
  CLIENTS=4     processes that report     RESTARTS=1   immediate stops of PostgreSQL
  SEED=1234     repeats a drill           UNSAFE=1     without durability: must find losses

  The large one: CREATES=10000 KILLS=20 RESTARTS=5 make crash-test`;

/** @throws where the environment holds something else than a number. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const number = (name: string, otherwise: number) => {
    const value = environment[name] || String(otherwise);
    if (!/^\d{1,9}$/.test(value)) throw new Error(`${name} must be a whole number, not "${value}".`);
    return Number(value);
  };
  return {
    creates: number('CREATES', 500),
    kills: number('KILLS', 3),
    restarts: number('RESTARTS', 1),
    clients: Math.max(number('CLIENTS', 4), 1),
    seed: number('SEED', Math.floor(Math.random() * 1e9)),
    unsafe: environment['UNSAFE'] === '1',
  };
}

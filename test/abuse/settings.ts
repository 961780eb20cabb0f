import { ATTACKS, type Attack } from './attacks.ts';

/** What a run does. */
export interface Settings {
  /** How long each attack lasts. */
  readonly seconds: number;
  /** How many incidents there are when lists are searched, and how many duplicates of one. */
  readonly rows: number;
  readonly attacks: readonly Attack[];
  /** What the targets in time are multiplied by: on a machine that other things keep busy, they are met late. */
  readonly latencyFactor: number;
  /** An empty database to use; undefined for a PostgreSQL of the run's own. */
  readonly databaseUrl: string | undefined;
}

export const HELP = `Attacks a service with one key of a low role, or with none, while another client creates 50 incidents a second.
Ends with 1 where the other client, the memory or the liveness of the service suffers, and with 2 where the run itself fails.

  SECONDS=30      duration of each attack    ROWS=1000000   incidents to search through
  ATTACKS=a,b     some of the attacks        DATABASE_URL=  an empty database (default: an embedded PostgreSQL)
  LATENCY_FACTOR=1   what the targets in time are multiplied by, on a busy machine

Attacks: ${Object.keys(ATTACKS).join(', ')}`;

/** @throws where the environment holds something that is not possible. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const number = (name: string, otherwise: number) => {
    const value = environment[name] || String(otherwise);
    if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error(`${name} must be a positive number, not "${value}".`);
    return Number(value);
  };
  const names = environment['ATTACKS']?.split(',').filter(Boolean) ?? [];
  const unknown = names.find((name) => !(name in ATTACKS));
  if (unknown !== undefined) throw new Error(`ATTACKS has no "${unknown}".\n\n${HELP}`);
  const chosen = names.length > 0 ? names.map((name) => ATTACKS[name]!) : Object.values(ATTACKS);
  return {
    seconds: number('SECONDS', 30),
    rows: number('ROWS', 1_000_000),
    attacks: chosen,
    latencyFactor: number('LATENCY_FACTOR', 1),
    databaseUrl: environment['DATABASE_URL'] || undefined,
  };
}

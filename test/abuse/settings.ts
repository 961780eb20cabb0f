import { ATTACKS, type Attack } from './attacks.ts';

/** The settings of a run. */
export interface Settings {
  /** The duration of each attack. */
  readonly seconds: number;
  /** The number of incidents for the attack `searches`, and of duplicates for `duplicates`. */
  readonly rows: number;
  readonly attacks: readonly Attack[];
  /** Multiplies the latency targets, for a busy machine. */
  readonly latencyFactor: number;
  /** An empty database; undefined for an embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
}

export const HELP = `Attacks a service with a key of the role operator, or without a key, while another client creates 50 incidents per second.
Exits with 1 if the other client, the memory or the liveness of the service suffers, and with 2 if the run itself fails.

  SECONDS=30      duration of each attack    ROWS=1000000   incidents to search through
  ATTACKS=a,b     some of the attacks        DATABASE_URL=  an empty database (default: an embedded PostgreSQL)
  LATENCY_FACTOR=1   multiplies the latency targets, for a busy machine

Attacks: ${Object.keys(ATTACKS).join(', ')}`;

/** @throws if a variable is invalid. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const number = (name: string, defaultValue: number) => {
    const value = environment[name] || String(defaultValue);
    if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error(`${name} must be a positive integer, not "${value}".`);
    return Number(value);
  };
  const names = environment['ATTACKS']?.split(',').filter(Boolean) ?? [];
  const unknown = names.find((name) => !(name in ATTACKS));
  if (unknown !== undefined) throw new Error(`unknown attack "${unknown}" in ATTACKS.\n\n${HELP}`);
  const chosen = names.length > 0 ? names.map((name) => ATTACKS[name]!) : Object.values(ATTACKS);
  return {
    seconds: number('SECONDS', 30),
    rows: number('ROWS', 1_000_000),
    attacks: chosen,
    latencyFactor: number('LATENCY_FACTOR', 1),
    databaseUrl: environment['DATABASE_URL'] || undefined,
  };
}

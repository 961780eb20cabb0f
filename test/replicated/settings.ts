import { isRoute, type Route } from './cluster.ts';
import { FAULTS, type Fault } from './faults.ts';

/** A fault, and how the api processes reach the database during it. */
export interface Round {
  readonly name: string;
  readonly fault: Fault;
  readonly route: Route;
}

/** The settings of a drill. */
export interface Settings {
  readonly rounds: readonly Round[];
  /** How long clients report before and after each fault. */
  readonly seconds: number;
  /** The number of clients; every third one has no idempotency keys. */
  readonly clients: number;
  /** The same seed makes the clients generate the same requests. */
  readonly seed: number;
  /** Whether replication is asynchronous: then the drill must find lost reports. */
  readonly isUnsafe: boolean;
  /** Whether it ends with what CI has time for. */
  readonly isShort: boolean;
}

const ALL = [
  'leader-killed',
  'leader-frozen',
  'patroni-frozen',
  'switchover',
  'standby-killed',
  'standby-frozen',
  'proxy-killed',
  'rolling-restart',
  'broker-killed',
  'leader-killed@servers',
  'leader-frozen@servers',
  'switchover@servers',
  'leader-killed@pgbouncer',
  'leader-frozen@pgbouncer',
  'switchover@pgbouncer',
];
const SHORT = ['leader-killed', 'switchover', 'rolling-restart'];

export const HELP = `Runs three PostgreSQL servers under Patroni, HAProxy, three api processes, a worker with three Kafka brokers and a bot on this
machine, as deploy/machines configures them, and injects faults while clients report. Compares what was acknowledged with the database after
each fault. Exits with 1 if anything is lost, duplicated or answered otherwise than documented, or if writes fail for too long, and with 2 if
the drill itself fails.

  FAULTS=a,b      some of the faults, each optionally with a route to the database: leader-killed@pgbouncer
  SECONDS=10      load before and after each fault     CLIENTS=6    client processes
  SHORT=1         ${SHORT.join(', ')}, without Kafka   SEED=1234    repeats the requests of a run
  UNSAFE=1        with asynchronous replication: must find losses

Faults:
${Object.entries(FAULTS)
  .map(([name, { summary }]) => `  ${name.padEnd(16)} ${summary}`)
  .join('\n')}
Routes: proxy (HAProxy, the default), servers (DATABASE_URL names all servers), pgbouncer (in transaction mode, before HAProxy)`;

/** @throws if a variable is invalid. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const number = (name: string, defaultValue: number) => {
    const value = environment[name] || String(defaultValue);
    if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error(`${name} must be a positive integer, not "${value}".`);
    return Number(value);
  };
  const isShort = environment['SHORT'] === '1';
  const chosen = environment['FAULTS']?.split(',').filter(Boolean) ?? [];
  return {
    rounds: (chosen.length > 0 ? chosen : isShort ? SHORT : ALL).map(toRound),
    seconds: number('SECONDS', isShort ? 3 : 10),
    clients: number('CLIENTS', 6),
    seed: number('SEED', 1 + Math.floor(Math.random() * 1e9)),
    isUnsafe: environment['UNSAFE'] === '1',
    isShort,
  };
}

function toRound(name: string): Round {
  const [faultName = '', route = 'proxy'] = name.split('@');
  const fault = FAULTS[faultName];
  if (!fault || !isRoute(route)) throw new Error(`unknown fault "${name}" in FAULTS.\n\n${HELP}`);
  return { name, fault, route };
}

import { type ClientConfig, types as pgTypes } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { urlsByServer } from '../../../config/postgres-url.js';
import { serverAddress, Servers } from './servers.js';

/** The time limits of a request's use of the database, in milliseconds. Every combination of them is below 3 s. */
export const LIMITS_MS = {
  /** To acquire a connection from the pool, the opening of a new one included. */
  acquire: 900,
  /** To acquire a row lock. */
  lock: 1_500,
  /** For one statement, enforced by the server. */
  statement: 1_900,
  /** For one query, enforced by the client: a frozen server enforces no limits. */
  query: 2_000,
  /** For everything together, the wait for a batch included. */
  total: 2_900,
  /** For an idle transaction, enforced by the server. */
  idleInTransaction: 10_000,
} as const;

const INT8: number = pgTypes.builtins.INT8;
const TIMESTAMPTZ: number = pgTypes.builtins.TIMESTAMPTZ;

const types = {
  getTypeParser: (oid: number, format?: 'text') => {
    // The schema's bigints are ids and counts, far below 2^53: they are parsed as numbers.
    if (oid === INT8) return Number;
    return oid === TIMESTAMPTZ ? toDate : pgTypes.getTypeParser(oid, format);
  },
} as ClientConfig['types'];

const ZERO = '0'.charCodeAt(0);

const parseAnyDate = pgTypes.getTypeParser(TIMESTAMPTZ) as (text: string) => Date;

let lastDay = '';
let lastDayMs = 0;

/**
 * Parses the timestamps of the schema's columns, `2026-11-20 10:00:00.123+00`, by position, and caches the last day: each row of
 * a list has three of them.
 */
function toDate(text: string): Date {
  if (text[4] !== '-' || text[19] !== '.' || !text.endsWith('+00') || text.length > 26)
    return parseAnyDate(text);
  const day = text.slice(0, 10);
  if (day !== lastDay) {
    lastDayMs = Date.parse(day);
    lastDay = day;
  }
  const minutes = twoDigits(text, 11) * 60 + twoDigits(text, 14);
  const milliseconds = Number(text.slice(20, -3).padEnd(3, '0'));
  return new Date(lastDayMs + (minutes * 60 + twoDigits(text, 17)) * 1_000 + milliseconds);
}

function twoDigits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - ZERO) + (text.charCodeAt(at + 1) - ZERO);
}

/** The address of a database: on one server, or on the primary of several servers. */
export interface Connection extends ClientConfig {
  readonly servers?: Servers;
}

/** The connection of a URL. `sslmode` and several servers mean what they mean to psql. */
export function connectionTo(url: string): Connection {
  const configs = urlsByServer(url).map((each) => toClientConfig(parse(each, { useLibpqCompat: true })));
  const servers = new Servers(configs.map(({ host, port }) => ({ host, port })));
  return { ...configs[0], types, servers };
}

/** The Unix socket of a server on this machine: PostgreSQL names it after the port, in the directory. */
export interface Socket {
  readonly directory: string;
  readonly port: number;
}

/** The connection to a server on this machine. */
export function connectionToSocket(
  { directory, port }: Socket,
  user: string,
  database: string,
): ClientConfig {
  return { host: directory, port, user, database, types };
}

/** The same as a URL, for another process on this machine. */
export function urlOf({ user, database, host, port }: ClientConfig): string {
  return `postgres://${user}@/${database}?host=${encodeURIComponent(host!)}&port=${port}`;
}

/** The database's address for messages, without the password. */
export function addressOf({ host, port, database, servers }: Connection): string {
  if (host?.startsWith('/')) return `${database} in ${host}`;
  return `${database} at ${servers?.addresses ?? serverAddress({ host, port })}`;
}

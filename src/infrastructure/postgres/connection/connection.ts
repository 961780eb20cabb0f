import { type ClientConfig, types as pgTypes } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { urlsByServer } from '../../../config/postgres-url.js';
import { serverAddress, Servers } from './servers.js';

/** The time limits of a request's way to the database, in milliseconds. Each way through them is below 3 s. */
export const LIMITS = {
  /** To get a connection from the pool, a new one included. */
  checkout: 900,
  /** To get a row's lock. */
  lock: 1_500,
  /** For one statement, kept by the server. */
  statement: 1_900,
  /** For one answer, kept by us: a frozen server keeps no limits. */
  answer: 2_000,
  /** For all of it together, waiting for a batch to leave included. */
  total: 2_900,
  /** For a transaction of which nothing more is heard, kept by the server. */
  idleInTransaction: 10_000,
} as const;

const INT8: number = pgTypes.builtins.INT8;
const TIMESTAMPTZ: number = pgTypes.builtins.TIMESTAMPTZ;

const types = {
  getTypeParser: (oid: number, format?: 'text') => {
    // Our bigints are ids and counts, far below 2^53: they are read as numbers.
    if (oid === INT8) return Number;
    return oid === TIMESTAMPTZ ? toDate : pgTypes.getTypeParser(oid, format);
  },
} as ClientConfig['types'];

const ZERO = '0'.charCodeAt(0);

const parseAnyDate = pgTypes.getTypeParser(TIMESTAMPTZ) as (text: string) => Date;

let lastDay = '';
let lastDayMs = 0;

/**
 * Moments as our columns have them, `2026-11-20 10:00:00.123+00`, are read by position, and their day once for all that follow
 * on it: three of them for each row of a list.
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

/** How to reach a database: at its one server, or at whichever of several servers is the primary. */
export interface Connection extends ClientConfig {
  readonly servers?: Servers;
}

/** How to reach the database at this URL. `sslmode` means what it means to psql, and so do several servers. */
export function connectionTo(url: string): Connection {
  const configs = urlsByServer(url).map((each) => toClientConfig(parse(each, { useLibpqCompat: true })));
  const servers = new Servers(configs.map(({ host, port }) => ({ host, port })));
  return { ...configs[0], types, servers };
}

/** Where a server listens on this machine: PostgreSQL names the socket in the directory after the port. */
export interface Socket {
  readonly directory: string;
  readonly port: number;
}

/** How to reach a server on this machine. */
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

/** The database's address for people, without the password. */
export function addressOf({ host, port, database, servers }: Connection): string {
  if (host?.startsWith('/')) return `${database} in ${host}`;
  return `${database} at ${servers?.addresses ?? serverAddress({ host, port })}`;
}

import { parse } from 'pg-connection-string';
import { ValidateWith } from './rules.js';
import { serversError, urlsByServer } from './postgres-url.js';

// "allow" and "prefer" fall back to plain text at the request of an attacker in between: they protect nothing.
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** What is wrong with the URL of a PostgreSQL database, without the URL itself; undefined for a valid one. */
export function postgresUrlError(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^postgres(ql)?:\/\//.test(value)) {
    return 'must be a URL such as postgres://user:password@host:5432/database';
  }
  const sslmode = /[?&]sslmode=([^&]*)/.exec(value)?.[1];
  if (sslmode !== undefined && !SSL_MODES.includes(sslmode)) {
    return `must have an sslmode of ${SSL_MODES.join(', ')}`;
  }
  const error = serversError(value);
  if (error !== undefined) return error;
  try {
    const options = urlsByServer(value).map((url) => parse(url, { useLibpqCompat: true }));
    return options[0]!.database ? undefined : 'must name a database, as in postgres://host/database';
  } catch (error) {
    // No message has a secret: that of a missing certificate has none, and the parser removes it from the others.
    return `cannot be used: ${(error as Error).message}`;
  }
}

/** The URL of a PostgreSQL database; its password is never part of the message. */
export const IsPostgresUrl = () => ValidateWith('isPostgresUrl', postgresUrlError);

import { parse } from 'pg-connection-string';
import { ValidateWith } from './validate-with.js';
import { serversProblem, urlsByServer } from './postgres-url.js';

// "allow" and "prefer" fall back to plain text when someone in between says so: they protect nothing.
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** What keeps a text from being the URL of a PostgreSQL database, without the URL in it; or undefined. */
export function postgresUrlProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^postgres(ql)?:\/\//.test(value)) {
    return 'must be a URL such as postgres://user:password@host:5432/database';
  }
  const sslmode = /[?&]sslmode=([^&]*)/.exec(value)?.[1];
  if (sslmode !== undefined && !SSL_MODES.includes(sslmode)) {
    return `must have an sslmode of ${SSL_MODES.join(', ')}`;
  }
  const problem = serversProblem(value);
  if (problem !== undefined) return problem;
  try {
    const options = urlsByServer(value).map((url) => parse(url, { useLibpqCompat: true }));
    return options[0]!.database ? undefined : 'must name a database, as in postgres://host/database';
  } catch (error) {
    // Neither a missing certificate nor a missing part of the URL comes with a secret; the parser removes the rest.
    return `cannot be used: ${(error as Error).message}`;
  }
}

/** The URL of a PostgreSQL database; its password is never part of the message. */
export const IsPostgresUrl = () => ValidateWith('isPostgresUrl', postgresUrlProblem);

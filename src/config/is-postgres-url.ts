import { registerDecorator } from 'class-validator';

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** What keeps a text from being the URL of a PostgreSQL database, or undefined. */
export function postgresUrlProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) {
    return 'must be a URL such as postgres://user:password@host:5432/database';
  }
  const url = new URL(value);
  if (!['postgres:', 'postgresql:'].includes(url.protocol)) return 'must begin with postgres:// or postgresql://';
  if (url.pathname.length < 2) return 'must name a database, as in postgres://host/database';
  const sslmode = url.searchParams.get('sslmode');
  // "allow" and "prefer" fall back to plain text when someone in between says so: they protect nothing.
  if (sslmode !== null && !SSL_MODES.includes(sslmode)) return `must have an sslmode of ${SSL_MODES.join(', ')}`;
  if (sslmode === 'verify-ca' && !url.searchParams.has('sslrootcert')) {
    return 'must name the certificate authority in sslrootcert for sslmode=verify-ca';
  }
  return undefined;
}

/** The URL of a PostgreSQL database; its password is never part of the message. */
export function IsPostgresUrl(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isPostgresUrl',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value) => postgresUrlProblem(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${postgresUrlProblem(args?.value)}`,
      },
    });
}

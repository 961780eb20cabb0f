/** The values of `target_session_attrs` with which a client gets a server that accepts writes. */
const SESSION_ATTRIBUTES = ['any', 'read-write', 'primary'];

const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?]*@)?)([^/?]*)(.*)$/s;

/**
 * A URL that names several servers, `postgres://user@a:5432,b:5433/database`, as one URL for each of them, in their order.
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function urlsByServer(url: string): string[] {
  const [, before, servers, after] = PARTS.exec(url)!;
  return servers!.split(',').map((server) => `${before}${server}${after}`);
}

/** What is wrong with the servers of a URL; undefined for valid ones. */
export function serversError(url: string): string | undefined {
  const servers = PARTS.exec(url)![2]!.split(',');
  const value = (name: string) => new RegExp(`[?&]${name}=([^&]*)`).exec(url)?.[1];
  if (/,|%2c/i.test(`${value('host') ?? ''}${value('port') ?? ''}`)) {
    return 'must name several servers before the database, as in postgres://a:5432,b:5432/database';
  }
  if (servers.length > 1 && servers.includes('')) return 'must name a server on each side of a comma';
  const attributes = value('target_session_attrs');
  if (attributes !== undefined && !SESSION_ATTRIBUTES.includes(attributes)) {
    return `must have a target_session_attrs of ${SESSION_ATTRIBUTES.join(', ')}: the service writes data`;
  }
  return undefined;
}

/** A URL without its password, and the password, for tools that get it by another way. */
export function withoutPassword(url: string): {
  readonly url: string;
  readonly password: string | undefined;
} {
  const [, before, password, after] = /^([^:]*:\/\/[^:@/?]*)(?::([^@/?]*)(?=@))?(.*)$/s.exec(url)!;
  return { url: `${before}${after}`, password: password && decodeURIComponent(password) };
}

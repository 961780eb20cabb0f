import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../../src/infrastructure/embedded-postgres/embedded-postgres.js';
import { aDataDirectory } from '../../support/embedded.js';
import { aPort } from '../../support/ports.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

describe('the connection to a database with TLS', () => {
  const directory = aDataDirectory();
  const authority = join(directory.path, 'server.crt');
  let postgres: EmbeddedPostgres;
  let port: number;

  beforeAll(async () => {
    port = await aPort();
    postgres = await EmbeddedPostgres.start(directory.path, {
      listen_addresses: '127.0.0.1',
      port: String(port),
    });
    // A self-signed certificate, valid only for the name localhost.
    execFileSync(
      'openssl',
      `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost
       -keyout server.key -out server.crt`.split(/\s+/),
      { cwd: directory.path, stdio: 'ignore' },
    );
    const { uid, gid } = statSync(join(directory.path, 'postgres'));
    for (const file of ['server.crt', 'server.key']) {
      const target = join(directory.path, 'postgres', file);
      copyFileSync(join(directory.path, file), target);
      chownSync(target, uid, gid);
      chmodSync(target, 0o600);
    }
    const client = new Client(postgres.connection);
    await client.connect();
    await client.query('ALTER SYSTEM SET ssl = on');
    await client.query('SELECT pg_reload_conf()');
    await client.end();
    // The server reloads its configuration asynchronously.
    await until(async () => {
      const next = new Client(postgres.connection);
      await next.connect();
      const { rows } = await next.query<{ ssl: string }>('SHOW ssl');
      await next.end();
      return rows[0]!.ssl === 'on';
    });
  });
  afterAll(async () => {
    await killLeftovers();
    await postgres.stop();
    directory.remove();
  });

  const migrate = async (host: string, parameters: string) => {
    const url = `postgres://incidents@${host}:${port}/incidents?${parameters}`;
    const process = run('migrate', { DATABASE_URL: url, DATABASE_STARTUP_TIMEOUT: '3' });
    return { code: await process.ended(), output: process.output() };
  };

  it.each([
    ['localhost', 'sslmode=disable'],
    ['localhost', 'sslmode=require'],
    ['127.0.0.1', 'sslmode=require'],
    ['127.0.0.1', `sslmode=verify-ca&sslrootcert=${authority}`],
    ['localhost', `sslmode=verify-full&sslrootcert=${authority}`],
  ])('succeeds to %s with %s', async (host, parameters) => {
    const { code, output } = await migrate(host, parameters);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/Migrated|up to date/) });
  });

  it.each([
    ['an unknown certificate authority', 'localhost', 'sslmode=verify-full', 'self-signed certificate'],
    [
      'a certificate for another name',
      '127.0.0.1',
      `sslmode=verify-full&sslrootcert=${authority}`,
      'does not match',
    ],
  ])('fails immediately for %s', async (_, host, parameters, reason) => {
    const { code, output } = await migrate(host, parameters);
    expect(code).toBe(1);
    expect(output).toContain(reason);
    expect(output.trim().split('\n')).toHaveLength(1);
  });

  it('is encrypted', async () => {
    const url = `postgres://incidents@localhost:${port}/incidents?sslmode=require`;
    const service = run('api', { DATABASE_URL: url });
    await service.ready();
    const client = new Client(postgres.connection);
    await client.connect();
    const { rows } = await client.query(
      `SELECT bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'incidents'`,
    );
    await client.end();
    expect(rows).toEqual([{ ssl: true }]);
    expect(await service.end()).toBe(0);
  });
});

import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { aDatabase } from '../../support/databases.js';
import { aDataDirectory } from '../../support/embedded.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const KEY = 'a-key-that-only-tests-know';

describe('the service with the database of DATABASE_URL', () => {
  afterEach(killLeftovers);

  it('starts in three processes at the same time on an empty database', async () => {
    const database = await aDatabase({ migrated: false });
    const replicas = Array.from({ length: 3 }, () => run('api', { DATABASE_URL: database.url }));
    const urls = await Promise.all(replicas.map((replica) => replica.ready()));
    for (const url of urls) {
      const response = await fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers: { 'X-Access-Key': 'key', 'Content-Type': 'application/json' },
        body: '{"description":"a","source":"operator"}',
      });
      expect(response.status).toBe(201);
    }
    expect(await database.query('SELECT count(*)::int AS count FROM migrations')).toEqual([
      { count: readdirSync('migrations').filter((file) => /^\d/.test(file)).length },
    ]);
    expect(await Promise.all(replicas.map((replica) => replica.end()))).toEqual([0, 0, 0]);
    await database.drop();
  });

  it('migrates without starting the service', async () => {
    const database = await aDatabase({ migrated: false });
    const first = run('migrate', { DATABASE_URL: database.url });
    expect(await first.ended()).toBe(0);
    expect(first.output()).toContain('Migrated: CreateIncidents');
    const second = run('migrate', { DATABASE_URL: database.url });
    expect(await second.ended()).toBe(0);
    expect(second.output()).toContain('up to date');
    await database.drop();
  });

  it('waits for an unreachable database, logs each attempt, and fails with one sentence', async () => {
    const service = run('api', {
      DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/incidents',
      DATABASE_STARTUP_TIMEOUT: '5',
    });
    expect(await service.ended()).toBe(1);
    const lines = service.output().trim().split('\n');
    expect(lines.filter((line) => line.includes('is not available yet')).length).toBeGreaterThanOrEqual(2);
    expect(lines.at(-1)).toMatch(
      /^The database incidents at 127\.0\.0\.1:1 was not available within 5 s: connect ECONNREFUSED.*\.$/,
    );
    expect(service.output()).not.toContain('secret');
  });

  it('starts once the database becomes reachable', async () => {
    const database = await aDatabase({ migrated: false });
    const { host } = database.connection;
    const { pathToSocket, open, close } = aProxyTo(`${host}/.s.PGSQL.5432`);
    const service = run('api', {
      DATABASE_URL: database.url.replace(encodeURIComponent(host!), pathToSocket),
    });
    await until(() => service.output().includes('is not available yet'));
    open();
    await service.ready();
    expect(await service.end()).toBe(0);
    await close();
    await database.drop();
  });

  it.each([
    [
      'no such database',
      (url: string) => url.replace(/test_\w+/, 'missing'),
      'database "missing" does not exist',
    ],
    ['no such user', (url: string) => url.replace('incidents@', 'nobody@'), 'role "nobody" does not exist'],
  ])('fails immediately on a permanent error: %s', async (_, change, reason) => {
    const database = await aDatabase();
    const service = run('api', { DATABASE_URL: change(database.url) });
    expect(await service.ended()).toBe(1);
    expect(service.output()).toMatch(/^The database .* cannot be used: /);
    expect(service.output()).toContain(reason);
    await database.drop();
  });

  it('stops waiting for the database on SIGTERM', async () => {
    const service = run('api', { DATABASE_URL: 'postgres://127.0.0.1:1/incidents' });
    await until(() => service.output().includes('is not available yet'));
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('does not start on an invalid configuration, and reports every error', async () => {
    const service = run('api', {
      NODE_ENV: 'production',
      PORT: 'http',
      X_ACCESS_KEY: 'key',
      LOG_LEVEL: 'loud',
    });
    expect(await service.ended()).toBe(1);
    const lines = service.output().trim().split('\n');
    expect(lines[0]).toBe('The configuration is invalid:');
    expect(lines.slice(1).map((line) => line.trim().split(' ').slice(0, 2).join(' '))).toEqual([
      '- PORT',
      '- X_ACCESS_KEY',
      '- LOG_LEVEL',
    ]);
  });

  it('logs one JSON object per line in production', async () => {
    const database = await aDatabase();
    const service = run('api', {
      DATABASE_URL: database.url,
      NODE_ENV: 'production',
      X_ACCESS_KEY: KEY,
      LOG_FORMAT: '',
    });
    const url = await service.ready();
    await fetch(`${url}/api/v1/incidents`, { headers: { 'X-Access-Key': KEY } });
    await service.end();
    const lines = service
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find(({ route }) => route === '/api/v1/incidents')).toEqual({
      level: 'info',
      time: expect.any(String),
      context: 'Request',
      request_id: expect.any(String),
      key: 'admin',
      method: 'GET',
      route: '/api/v1/incidents',
      status: 200,
      ms: expect.any(Number),
    });
    expect(service.output()).not.toContain(KEY);
    await database.drop();
  });
});

/** A proxy to the socket of a database, unreachable until it is opened. */
function aProxyTo(path: string) {
  const { path: directory, remove } = aDataDirectory();
  const server = createServer((client) => {
    const upstream = connect(path);
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  return {
    pathToSocket: encodeURIComponent(directory),
    open: () => server.listen(join(directory, '.s.PGSQL.5432')),
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      remove();
    },
  };
}

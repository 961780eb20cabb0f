import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { aDataDirectory } from '../../support/embedded.js';
import { killLeftovers, ORDINARY, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const body = JSON.stringify({ description: 'Самокат #42 оффлайн', source: 'monitoring' });
const report = async (url: string) => {
  const response = await fetch(`${url}/api/v1/incidents`, { method: 'POST', headers, body });
  return { status: response.status, body: (await response.json()) as { id: number } };
};
const statusOf = async (url: string, id: number) =>
  (await fetch(`${url}/api/v1/incidents/${id}`, { headers })).status;
const postmaster = (data: string) =>
  Number(readFileSync(join(data, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
const isAlive = (pid: number) => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
/** The server removes its last files a moment before it exits. */
const untilExited = (pid: number) => until(() => !isAlive(pid));

describe('the service with an embedded database', () => {
  let data: ReturnType<typeof aDataDirectory>;
  let prepared: ReturnType<typeof aDataDirectory>;
  beforeAll(async () => {
    prepared = aDataDirectory();
    expect(await run('migrate', { DATA_DIR: prepared.path }).ended()).toBe(0);
  });
  beforeEach(() => (data = aDataDirectory()));
  afterEach(async () => {
    await killLeftovers();
    data.remove();
  });
  afterAll(() => prepared.remove());

  const start = (account: object = {}) => run('api', { DATA_DIR: data.path }, account);
  /** Starts with data that another process has created: creating them costs more than all else in most tests. */
  const startWithData = () => {
    execFileSync('cp', ['-a', `${prepared.path}/.`, data.path]);
    return start();
  };

  it.each([
    { who: 'this user', account: undefined },
    { who: 'an ordinary user', account: ORDINARY },
  ])('starts without data for $who, stops on SIGTERM, and keeps its data', async ({ account }) => {
    if (account) chownSync(data.path, account.uid, account.gid);
    const first = start(account);
    expect(await report(await first.ready())).toMatchObject({ status: 201, body: { id: 1 } });
    const server = postmaster(data.path);
    expect(await first.end('SIGTERM')).toBe(0);
    await untilExited(server);

    const second = start(account);
    const url = await second.ready();
    expect(await statusOf(url, 1)).toBe(200);
    expect(await report(url)).toMatchObject({ status: 201, body: { id: 2 } });
    expect(await second.end('SIGINT')).toBe(0);
  });

  it('takes over the server of a killed service without losing data', async () => {
    const first = startWithData();
    const { body } = await report(await first.ready());
    const server = postmaster(data.path);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    expect(isAlive(server)).toBe(true);

    const second = start();
    const url = await second.ready();
    expect(postmaster(data.path)).toBe(server);
    expect(await statusOf(url, body.id)).toBe(200);
    expect(await second.end()).toBe(0);
    await untilExited(server);
  });

  it('recovers after both the service and the server were killed', async () => {
    const first = startWithData();
    const { body } = await report(await first.ready());
    process.kill(postmaster(data.path), 'SIGKILL');
    await first.end('SIGKILL');

    const second = start();
    expect(await statusOf(await second.ready(), body.id)).toBe(200);
    expect(await second.end()).toBe(0);
  });

  it('prevents a second service on the same data, reports the first, and keeps the first running', async () => {
    const first = startWithData();
    const url = await first.ready();
    const second = start();
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`in use by the service with process id ${first.process.pid}`);
    expect(second.output().trim().split('\n')).toHaveLength(1);
    expect(await report(url)).toMatchObject({ status: 201 });
    expect(await first.end()).toBe(0);
  });

  it('starts only one of two services that start at the same time without data', async () => {
    const both = [start(), start()];
    const results = await Promise.allSettled(both.map((each) => each.ready()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(both[1 - winner]!.output()).toContain(`process id ${both[winner]!.process.pid}`);
    expect(await report(await both[winner]!.ready())).toMatchObject({ status: 201, body: { id: 1 } });
    expect(await both[winner]!.end()).toBe(0);
  });

  it('opens no port for its database', async () => {
    const service = startWithData();
    await service.ready();
    const listening = readFileSync(`/proc/${postmaster(data.path)}/net/tcp`, 'utf8');
    expect(listening).not.toContain(`:${(5432).toString(16).toUpperCase()} 00000000:0000 0A`);
    expect(existsSync(join(data.path, 'postgres/.s.PGSQL.5432'))).toBe(true);
    await service.end();
  });

  it('works if the path is too long for a socket and contains special characters', async () => {
    const long = join(data.path, `it's "my" $data, ${'x'.repeat(90)}`);
    const service = run('api', { DATA_DIR: long });
    expect(await report(await service.ready())).toMatchObject({ status: 201 });
    await service.end('SIGKILL');
    const second = run('api', { DATA_DIR: long });
    expect(await statusOf(await second.ready(), 1)).toBe(200);
    expect(await second.end()).toBe(0);
  });

  it('works in a directory that no other account can enter, with a symbolic link to the data', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'incidents-closed-'));
    chmodSync(closed, 0o700);
    const first = run('api', { DATA_DIR: join(closed, '.data') });
    expect(await report(await first.ready())).toMatchObject({ status: 201, body: { id: 1 } });
    expect(await first.end()).toBe(0);
    const second = run('api', { DATA_DIR: join(closed, '.data') });
    expect(await statusOf(await second.ready(), 1)).toBe(200);
    expect(await second.end()).toBe(0);
    // The server of root runs under an account that cannot enter this directory; that of an ordinary user can.
    if (ORDINARY) rmSync(dirname(readlinkSync(join(closed, '.data/postgres'))), { recursive: true });
    rmSync(closed, { recursive: true });
  });

  it('reports data that belongs to another user', async () => {
    if (!ORDINARY) return;
    const service = start(ORDINARY);
    expect(await service.ended()).toBe(1);
    expect(service.output()).toContain('belongs to the user with id 0');
  });

  it('reports a port that is in use, and leaves no server running', async () => {
    const first = startWithData();
    const { port } = new URL(await first.ready());
    const other = aDataDirectory();
    const second = run('api', { DATA_DIR: other.path, PORT: port });
    expect(await second.ended()).toBe(1);
    const sentence = `Port ${port} of 127.0.0.1 cannot be opened (another program listens there): set PORT or HOST.`;
    expect(second.output()).toContain(sentence);
    expect(second.output()).not.toMatch(/EADDRINUSE|"level":"(?:warn|error)"/);
    expect(existsSync(join(other.path, 'postgres/postmaster.pid'))).toBe(false);
    other.remove();
    await first.end();
  });
});

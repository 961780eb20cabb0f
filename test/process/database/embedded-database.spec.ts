import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aDataDirectory } from '../../support/embedded.js';
import { killLeftovers, ORDINARY, run } from '../../support/processes.js';

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
/** Its last files go a moment before it does itself. */
const isGone = async (pid: number) => {
  while (isAlive(pid)) await sleep(20);
};

describe('the service with a database of its own', () => {
  let data: ReturnType<typeof aDataDirectory>;
  beforeEach(() => (data = aDataDirectory()));
  afterEach(async () => {
    await killLeftovers();
    data.remove();
  });

  const start = (account: object = {}) => run('api', { DATA_DIR: data.path }, account);

  it.each([
    { who: 'this user', account: undefined },
    { who: 'an ordinary user', account: ORDINARY },
  ])(
    'starts from nothing for $who, stops at SIGTERM, and has its data the next time',
    async ({ account }) => {
      if (account) chownSync(data.path, account.uid, account.gid);
      const first = start(account);
      expect(await report(await first.ready())).toMatchObject({ status: 201, body: { id: 1 } });
      const server = postmaster(data.path);
      expect(await first.end('SIGTERM')).toBe(0);
      await isGone(server);

      const second = start(account);
      const url = await second.ready();
      expect(await statusOf(url, 1)).toBe(200);
      expect(await report(url)).toMatchObject({ status: 201, body: { id: 2 } });
      expect(await second.end('SIGINT')).toBe(0);
    },
  );

  it('takes over the server of a service that was killed, and loses nothing', async () => {
    const first = start();
    const { body } = await report(await first.ready());
    const server = postmaster(data.path);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    expect(isAlive(server)).toBe(true);

    const second = start();
    const url = await second.ready();
    expect(postmaster(data.path)).toBe(server);
    expect(await statusOf(url, body.id)).toBe(200);
    expect(await second.end()).toBe(0);
    await isGone(server);
  });

  it('recovers when service and server were both killed', async () => {
    const first = start();
    const { body } = await report(await first.ready());
    process.kill(postmaster(data.path), 'SIGKILL');
    await first.end('SIGKILL');

    const second = start();
    expect(await statusOf(await second.ready(), body.id)).toBe(200);
    expect(await second.end()).toBe(0);
  });

  it('refuses to share its data with a second service, names the first, and harms nothing', async () => {
    const first = start();
    const url = await first.ready();
    const second = start();
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`in use by the service with process id ${first.process.pid}`);
    expect(second.output().trim().split('\n')).toHaveLength(1);
    expect(await report(url)).toMatchObject({ status: 201 });
    expect(await first.end()).toBe(0);
  });

  it('lets one of two that start together from nothing have the data', async () => {
    const both = [start(), start()];
    const results = await Promise.allSettled(both.map((each) => each.ready()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(both[1 - winner]!.output()).toContain(`process id ${both[winner]!.process.pid}`);
    expect(await report(await both[winner]!.ready())).toMatchObject({ status: 201, body: { id: 1 } });
    expect(await both[winner]!.end()).toBe(0);
  });

  it('does not open a port for its database', async () => {
    const service = start();
    await service.ready();
    const listening = readFileSync(`/proc/${postmaster(data.path)}/net/tcp`, 'utf8');
    expect(listening).not.toContain(`:${(5432).toString(16).toUpperCase()} 00000000:0000 0A`);
    expect(existsSync(join(data.path, 'postgres/.s.PGSQL.5432'))).toBe(true);
    await service.end();
  });

  it('works where the path is too long for a socket, and has odd letters', async () => {
    const long = join(data.path, `it's "my" $data, ${'x'.repeat(90)}`);
    const service = run('api', { DATA_DIR: long });
    expect(await report(await service.ready())).toMatchObject({ status: 201 });
    await service.end('SIGKILL');
    const second = run('api', { DATA_DIR: long });
    expect(await statusOf(await second.ready(), 1)).toBe(200);
    expect(await second.end()).toBe(0);
  });

  it('works where no other account can enter, and leaves a link to the data', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'incidents-closed-'));
    chmodSync(closed, 0o700);
    const first = run('api', { DATA_DIR: join(closed, '.data') });
    expect(await report(await first.ready())).toMatchObject({ status: 201, body: { id: 1 } });
    expect(await first.end()).toBe(0);
    const second = run('api', { DATA_DIR: join(closed, '.data') });
    expect(await statusOf(await second.ready(), 1)).toBe(200);
    expect(await second.end()).toBe(0);
    // Root's server runs under an account that could not get here; an ordinary user's own can.
    if (ORDINARY) rmSync(dirname(readlinkSync(join(closed, '.data/postgres'))), { recursive: true });
    rmSync(closed, { recursive: true });
  });

  it('says so when the data belongs to someone else', async () => {
    if (!ORDINARY) return;
    const service = start(ORDINARY);
    expect(await service.ended()).toBe(1);
    expect(service.output()).toContain('belongs to the user with id 0');
  });

  it('says so when the port is taken, and leaves no server behind', async () => {
    const first = start();
    const { port } = new URL(await first.ready());
    const other = aDataDirectory();
    const second = run('api', { DATA_DIR: other.path, PORT: port });
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(
      `Port ${port} of 127.0.0.1 cannot be opened (another program listens there)`,
    );
    expect(existsSync(join(other.path, 'postgres/postmaster.pid'))).toBe(false);
    other.remove();
    await first.end();
  });
});

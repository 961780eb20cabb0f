import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { aDataDirectory } from '../../support/embedded.js';
import { pause } from '../../support/pause.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const apiProcessesOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('main.js'))
    .map(Number);

describe('a service with API_PROCESSES=2', () => {
  const data = aDataDirectory();
  afterAll(async () => {
    await killLeftovers();
    data.remove();
  });

  it('adds up metrics, replaces an api process that dies, and stops all of them on SIGTERM', async () => {
    const service = run('api', { DATA_DIR: data.path, API_PROCESSES: '2' });
    const url = await service.ready();
    const report = async () => {
      const body = '{"description":"a","source":"partner"}';
      // A new connection each time, so that the next one may reach another process.
      const response = await fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers: { ...headers, Connection: 'close' },
        body,
      });
      return response.status;
    };
    const statuses = await Promise.all(Array.from({ length: 40 }, report));
    expect(new Set(statuses)).toEqual(new Set([201]));
    const metrics = async () => (await fetch(`${url}/metrics`, { headers })).text();
    for (let i = 0; i < 4; i++) {
      const text = await metrics();
      expect(text).toContain('incidents_created_total{source="partner"} 40');
      expect(text).toContain('incidents_current{status="NEW",source="partner"} 40');
    }

    const before = apiProcessesOf(service.process.pid!);
    expect(before).toHaveLength(2);
    process.kill(before[0]!, 'SIGKILL');
    // Until the primary detects the exit, it may pass a connection to the dead process.
    await until(() =>
      service.output().includes(`api process ${before[0]} ended (SIGKILL); starting another`),
    );
    expect(await report()).toBe(201);
    await until(() => apiProcessesOf(service.process.pid!).length === 2);
    expect(new Set(await Promise.all(Array.from({ length: 10 }, report)))).toEqual(new Set([201]));

    expect(await service.end()).toBe(0);
    for (const pid of before) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('rejects connections above MAX_CONNECTIONS per process, and accepts others when those are closed', async () => {
    const service = run('api', { DATA_DIR: data.path, API_PROCESSES: '2', MAX_CONNECTIONS: '10' });
    const url = await service.ready();
    const port = Number(new URL(url).port);
    const sockets: Socket[] = [];
    const openCount = () => sockets.filter((socket) => !socket.destroyed).length;
    // They are not distributed evenly: one process may reject some, by closing them, while the other has room.
    const allStayOpen = async () => {
      while (openCount() < 20) sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
      await pause(300, 'a process closes a connection a moment after it was opened');
      return openCount() === 20;
    };
    await until(allStayOpen);
    const rejected = (await Promise.allSettled(
      Array.from({ length: 4 }, () => fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) })),
    )) as { reason?: Error }[];
    expect(rejected.map(({ reason }) => reason?.message)).toEqual(Array<string>(4).fill('fetch failed'));
    await until(() => service.output().includes('rejecting connections: MAX_CONNECTIONS (10) reached'));
    for (const socket of sockets) socket.destroy();
    const isOpen = () =>
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(isOpen);
    expect(await service.end()).toBe(0);
  });

  it('does not start if an api process cannot start, and reports the reason', async () => {
    const first = run('api', { DATA_DIR: data.path });
    const { port } = new URL(await first.ready());
    const other = aDataDirectory();
    const second = run('api', { DATA_DIR: other.path, API_PROCESSES: '2', PORT: port });
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`Port ${port} of 127.0.0.1 cannot be opened`);
    expect(second.output()).toContain('An api process does not start.');
    other.remove();
    await first.end();
  });
});

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { aDataDirectory } from '../../support/embedded.js';
import { killLeftovers, run } from '../../support/processes.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const workersOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('main.js'))
    .map(Number);

describe('a service of several workers', () => {
  const data = aDataDirectory();
  afterAll(async () => {
    await killLeftovers();
    data.remove();
  });

  it('adds up its metrics, replaces a worker that dies, and stops as one', async () => {
    const service = run('api', { DATA_DIR: data.path, API_PROCESSES: '2' });
    const url = await service.ready();
    const report = async () => {
      const body = '{"description":"a","source":"partner"}';
      // A connection of its own, so that the next one may get to another worker.
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

    const before = workersOf(service.process.pid!);
    expect(before).toHaveLength(2);
    process.kill(before[0]!, 'SIGKILL');
    await sleep(100);
    expect(await report()).toBe(201);
    while (workersOf(service.process.pid!).length < 2) await sleep(50);
    expect(service.output()).toContain('starting another');
    await sleep(1_500);
    expect(await report()).toBe(201);

    expect(await service.end()).toBe(0);
    for (const pid of before) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('turns connections away past MAX_CONNECTIONS of each, and takes others when those are gone', async () => {
    const service = run('api', { DATA_DIR: data.path, API_PROCESSES: '2', MAX_CONNECTIONS: '10' });
    const url = await service.ready();
    const port = Number(new URL(url).port);
    const sockets: Socket[] = [];
    const left = () => sockets.filter((socket) => !socket.destroyed).length;
    // They are not dealt out evenly: one worker may turn some away while the other has room. Each of those hears of it.
    while (left() !== 20) {
      while (left() < 20) sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
      await sleep(300);
    }
    const asked = (await Promise.allSettled(
      Array.from({ length: 4 }, () => fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) })),
    )) as { reason?: Error }[];
    expect(asked.map(({ reason }) => reason?.message)).toEqual(Array<string>(4).fill('fetch failed'));
    expect(service.output()).toContain('rejecting connections: MAX_CONNECTIONS (10) reached');
    for (const socket of sockets) socket.destroy();
    const isOpen = () =>
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isOpen())) await sleep(20);
    expect(await service.end()).toBe(0);
  });

  it('does not start when a worker does not, and says why once for each', async () => {
    const first = run('api', { DATA_DIR: data.path });
    const { port } = new URL(await first.ready());
    const other = aDataDirectory();
    const second = run('api', { DATA_DIR: other.path, API_PROCESSES: '2', PORT: port });
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`Port ${port} of 127.0.0.1 cannot be opened`);
    expect(second.output()).toContain('A worker does not start.');
    other.remove();
    await first.end();
  });
});

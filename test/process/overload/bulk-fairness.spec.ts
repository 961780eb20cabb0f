import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BulkIntake } from '../../../src/presentation/api/incidents/bulk-intake.js';
import type { Counts } from '../../../src/shared/counts.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const line = (description: string, more: object = {}) =>
  `${JSON.stringify({ description, source: 'monitoring', ...more })}\n`;

/** 10,000 random characters: the most work that a text can be for the search index. */
const longText = () => randomBytes(7_500).toString('base64');

describe('bulk intake concurrent with other requests', () => {
  let service: Service;
  let other: Record<string, string>;
  beforeAll(async () => {
    service = await startService();
    const { body } = await service.request('POST', '/api/v1/keys', {
      json: { name: 'other', role: 'reporter' },
    });
    other = { 'X-Access-Key': body.secret };
  });
  afterAll(() => service.stop());

  const stream = async (body: string) => {
    const response = await fetch(`${service.url}/api/v1/incidents`, {
      method: 'POST',
      body,
      headers: { 'X-Access-Key': KEY, 'Content-Type': 'application/x-ndjson' },
    });
    return (await response.text()).trim().split('\n');
  };
  const statusesOf = (lines: string[]) => [...new Set(lines.map((each) => JSON.parse(each).status))];

  it('never blocks the event loop for long, with any lines', async () => {
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    const lines = await stream('\n'.repeat(100_000) + '1\n'.repeat(20_000));
    delays.disable();
    expect(lines).toHaveLength(20_000);
    expect(statusesOf(lines)).toEqual([400]);
    // A chunk has 65,536 lines, which would take seconds. A turn takes 8 ms, but this machine may be busy.
    expect(delays.max / 1e6).toBeLessThan(400);
  });

  it('does not block the reports of others, with texts of any length', async () => {
    const bodies = Array.from({ length: 2 }, () =>
      Array.from({ length: 50 }, () => line(longText())).join(''),
    );
    const finished = new AbortController();
    const streams = Promise.all(bodies.map(stream)).finally(() => finished.abort());
    const statuses: number[] = [];
    const client = async () => {
      while (!finished.signal.aborted) {
        const headers = { ...other, 'Content-Type': 'application/json' };
        const body = line('from another');
        const answer = await fetch(`${service.url}/api/v1/incidents`, { method: 'POST', headers, body });
        await answer.arrayBuffer();
        statuses.push(answer.status);
      }
    };
    await Promise.all([client(), client(), client(), client()]);
    expect(statuses.filter((status) => status !== 201)).toEqual([]);
    expect(statuses.length).toBeGreaterThan(40);
    expect(statusesOf((await streams).flat())).toEqual([201]);
  });

  it('slows down 40 streams, and rejects no line', async () => {
    const body = Array.from({ length: 500 }, (_, n) => line(`crowd ${n}`)).join('');
    const all = await Promise.all(Array.from({ length: 40 }, () => stream(body)));
    expect(statusesOf(all.flat())).toEqual([201]);
  });

  it('answers a replayed stream about as fast as the first one', async () => {
    const body = (dedupKey?: string) =>
      Array.from({ length: 5_000 }, (_, n) =>
        line(`again ${n}`, { idempotency_key: `${dedupKey}-${n}`, dedup_key: dedupKey }),
      ).join('');
    for (const dedupKey of [undefined, 'one-cause']) {
      const durations: number[] = [];
      const answers: string[][] = [];
      for (let i = 0; i < 2; i++) {
        const startedAt = performance.now();
        answers.push(await stream(body(dedupKey)));
        durations.push(performance.now() - startedAt);
      }
      const ids = answers.map((lines) => lines.map((each) => JSON.parse(each)));
      expect(ids[1]).toEqual(ids[0]!.map((answer) => Object.assign(answer, { replayed: true })));
      expect(durations[1]! / durations[0]!).toBeLessThan(3);
    }
  });

  it('releases the resources of a stream that is cut', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/v1/incidents HTTP/1.1\r\nHost: x\r\nX-Access-Key: ${KEY}\r\n` +
        'Content-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n' +
        line('cut').repeat(3),
    );
    await once(socket, 'data');
    const { streams } = service.app.get(BulkIntake)['windows'] as unknown as { streams: Counts };
    expect(streams.of('key:environment')).toBe(1);
    socket.destroy();
    await until(() => streams.size === 0);
  });
});

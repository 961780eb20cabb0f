/*
 * A client that does nothing wrong: creates incidents by the clock, and lists some. It counts from the moment at which
 * a request was due: waiting for the answer before would leave out the very waiting that is asked for.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a victim is told to do. */
export interface Orders {
  readonly url: string;
  readonly accessKey: string;
  readonly seconds: number;
  /** The query of its lists. */
  readonly list: string;
}

/** How a kind of request has gone; times in milliseconds. */
export interface Experience {
  readonly sent: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  /** The first failure, for a person. */
  readonly failure: string | undefined;
}

/** What a victim tells at its end. */
export interface Report {
  readonly creates: Experience;
  readonly lists: Experience;
}

const CREATES_PER_SECOND = 50;
const LISTS_PER_SECOND = 5;
const MAX_SOCKETS = 100;
const ANSWER_LIMIT_MS = 10_000;

const { url, accessKey, seconds, list } = JSON.parse(process.argv[2]!) as Orders;
const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

/** Resolves with the status, once all of the answer is there. */
function send(method: string, path: string, json?: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'X-Access-Key': accessKey, ...(json && { 'Content-Type': 'application/json' }) };
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    request(url + path, { agent, method, headers, signal }, (response) => {
      response
        .on('error', reject)
        .on('end', () => resolve(response.statusCode!))
        .resume();
    })
      .on('error', reject)
      .end(json && JSON.stringify(json));
  });
}

/** Sends a request so many times a second, whatever becomes of those before. */
async function pace(
  rate: number,
  once: (n: number) => Promise<number>,
  expected: number,
): Promise<Experience> {
  const latencies: number[] = [];
  let failed = 0;
  let failure: string | undefined;
  const fail = (reason: string) => {
    failed++;
    failure ??= reason;
  };
  const began = performance.now();
  const all: Promise<void>[] = [];
  for (let n = 0; n < rate * seconds; n++) {
    const due = began + (n / rate) * 1_000;
    await sleep(Math.max(due - performance.now(), 0));
    const one = once(n).then(
      (status) => (status === expected ? undefined : fail(`status ${status}`)),
      (error: unknown) => fail(String(error)),
    );
    all.push(one.then(() => void latencies.push(performance.now() - due)));
  }
  await Promise.all(all);
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(Math.floor(latencies.length * share), latencies.length - 1)]!;
  return { sent: latencies.length, failed, p50: at(0.5), p99: at(0.99), failure };
}

const create = (n: number) =>
  send('POST', '/api/v1/incidents', { description: `Самокат #${n} оффлайн`, source: 'operator' });
const [creates, lists] = await Promise.all([
  pace(CREATES_PER_SECOND, create, 201),
  pace(LISTS_PER_SECOND, () => send('GET', `/api/v1/incidents${list}`), 200),
]);
agent.destroy();
const report: Report = { creates, lists };
process.send!(report);
process.disconnect();

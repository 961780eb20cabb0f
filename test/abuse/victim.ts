/*
 * A well-behaved client: creates and lists incidents at a constant rate. It measures latency from the time at which a request was
 * due: waiting for the answer to the previous one would hide the delay (coordinated omission).
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The options of the victim process. */
export interface VictimOptions {
  readonly url: string;
  readonly accessKey: string;
  readonly seconds: number;
  /** The query of its lists. */
  readonly list: string;
}

/** The results of a kind of request; latencies in milliseconds. */
export interface RequestResults {
  readonly sent: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  /** The first failure. */
  readonly failure: string | undefined;
}

/** What the victim process reports at its end. */
export interface Report {
  readonly creates: RequestResults;
  readonly lists: RequestResults;
}

const CREATES_PER_SECOND = 50;
const LISTS_PER_SECOND = 5;
const MAX_SOCKETS = 100;
const ANSWER_TIMEOUT_MS = 10_000;

const { url, accessKey, seconds, list } = JSON.parse(process.argv[2]!) as VictimOptions;
const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

/** Resolves with the status once the answer is complete. */
function send(method: string, path: string, json?: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'X-Access-Key': accessKey, ...(json && { 'Content-Type': 'application/json' }) };
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
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

/** Sends requests at a constant rate per second, whether or not earlier ones were answered. */
async function pace(
  rate: number,
  once: (n: number) => Promise<number>,
  expected: number,
): Promise<RequestResults> {
  const latencies: number[] = [];
  let failed = 0;
  let failure: string | undefined;
  const fail = (reason: string) => {
    failed++;
    failure ??= reason;
  };
  const startedAt = performance.now();
  const all: Promise<void>[] = [];
  for (let n = 0; n < rate * seconds; n++) {
    const due = startedAt + (n / rate) * 1_000;
    await sleep(Math.max(due - performance.now(), 0));
    const one = once(n).then(
      (status) => (status === expected ? undefined : fail(`status ${status}`)),
      (error: unknown) => fail(String(error)),
    );
    all.push(one.then(() => void latencies.push(performance.now() - due)));
  }
  await Promise.all(all);
  latencies.sort((a, b) => a - b);
  const percentile = (share: number) =>
    latencies[Math.min(Math.floor(latencies.length * share), latencies.length - 1)]!;
  return { sent: latencies.length, failed, p50: percentile(0.5), p99: percentile(0.99), failure };
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

/*
 * One client: it reports and changes incidents, retries each request until it gets a final response, and records what was
 * acknowledged. It is a separate process, so that clients do not slow each other down.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entry, Ledger } from './ledger.ts';
import { Random } from './random.ts';

/** The options of a client process. */
export interface ClientOptions {
  readonly name: string;
  readonly urls: readonly string[];
  readonly accessKey: string;
  readonly creates: number;
  readonly seed: number;
  readonly ledger: string;
}

const SOURCES = ['operator', 'monitoring', 'partner'];
const RESPONSE_TIMEOUT_MS = 5_000;
const RETRY_TIMEOUT_MS = 120_000;

const options = JSON.parse(process.argv[2]!) as ClientOptions;
const random = new Random(options.seed);
// The target and the pause of a retry depend on failures, so they must not change which requests are generated.
const retryRandom = new Random(options.seed + 1);
using ledger = new Ledger(options.ledger);

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: { id: number; code?: string };
  readonly version: number;
}

/** Sends a request with one idempotency key until it gets a final response. */
async function send(method: string, path: string, key: string, json: object): Promise<Answer> {
  const deadline = Date.now() + RETRY_TIMEOUT_MS;
  let last = '';
  while (Date.now() < deadline) {
    try {
      const response = await fetch(options.urls[retryRandom.below(options.urls.length)]! + path, {
        method,
        headers: {
          'X-Access-Key': options.accessKey,
          'Idempotency-Key': key,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(json),
        signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
      });
      const text = await response.text();
      const body = JSON.parse(text) as Answer['body'];
      const version = Number(/-(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1]);
      if (response.status !== 503 && body.code !== 'idempotency.key-in-use') {
        return { status: response.status, text, body, version };
      }
      last = text;
    } catch (error) {
      // The process was killed, or has not started yet.
      last = String(error);
    }
    await sleep(20 + retryRandom.below(150));
  }
  throw new Error(`${method} ${path} got no final response: ${last}`);
}

function acknowledge(entry: Entry): void {
  ledger.write(entry);
  process.send!(entry.kind);
}

/** Changes an incident, and records the outcome. */
async function change(id: number, key: string, json: { status?: string; description_append?: string }) {
  const answer = await send('PATCH', `/api/v1/incidents/${id}`, key, json);
  const { status, version, text, body } = answer;
  if (status === 200 && json.status) acknowledge({ kind: 'transitioned', id, status: json.status, version });
  else if (status === 200) acknowledge({ kind: 'appended', id, text: json.description_append!, version });
  else if (body.code === 'incident.illegal-transition' && json.status === 'CLOSED')
    acknowledge({ kind: 'rejected', id });
  else acknowledge({ kind: 'unexpected', request: `PATCH ${id} ${JSON.stringify(json)}`, answer: text });
}

for (let n = 0; n < options.creates; n++) {
  const key = `${options.name}-${n}`;
  const text = `${key} Самокат не отвечает`;
  const source = SOURCES[random.below(SOURCES.length)]!;
  const answer = await send('POST', '/api/v1/incidents', key, { description: text, source });
  // Drawn before the response is checked: a loss must not change the requests that follow.
  const plan = { appends: random.below(3), rejection: random.happens(0.1), transitions: random.below(4) };
  if (answer.status !== 201) {
    acknowledge({ kind: 'unexpected', request: `POST ${text}`, answer: answer.text });
    continue;
  }
  const { id } = answer.body;
  acknowledge({ kind: 'reported', id, text, source });
  if (plan.rejection) await change(id, `${key}-rejected`, { status: 'CLOSED' });
  for (let i = 0; i < plan.appends; i++) {
    await change(id, `${key}-append-${i}`, { description_append: `${key} addition ${i}` });
  }
  for (const status of ['IN_PROGRESS', 'RESOLVED', 'CLOSED'].slice(0, plan.transitions)) {
    await change(id, `${key}-${status}`, { status });
  }
}
process.disconnect();

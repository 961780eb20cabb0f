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
  /** The number of reports. Without it, the client reports until it gets a message. */
  readonly creates?: number;
  /** Without keys, it only reports, and sends each report once. */
  readonly hasIdempotencyKeys?: boolean;
  /** The time between a report with its changes and the next. */
  readonly pauseMs?: number;
  /** Whether it waits for as long as Retry-After says. */
  readonly honoursRetryAfter?: boolean;
  readonly seed: number;
  readonly ledger: string;
}

/** A request that was sent once, as the client sends it to its parent. */
export interface Attempt {
  /** When it ended, in milliseconds since 1970. */
  readonly endedAt: number;
  /** 0 without a response. */
  readonly status: number;
  /** The code of a problem, or the name of the error without a response. */
  readonly code: string | undefined;
  readonly hasRetryAfter: boolean;
  /** What was sent, and what was received. */
  readonly summary: string;
}

/** What a client sends to its parent. */
export type ClientMessage = { readonly acknowledged: Entry['kind'] } | { readonly attempt: Attempt };

const SOURCES = ['operator', 'monitoring', 'partner'];
const RESPONSE_TIMEOUT_MS = 5_000;
const RETRY_TIMEOUT_MS = 120_000;

const options = JSON.parse(process.argv[2]!) as ClientOptions;
const { creates = Infinity, hasIdempotencyKeys = true, pauseMs = 0, honoursRetryAfter = false } = options;
const random = new Random(options.seed);
// The target and the pause of a retry depend on failures, so they must not change which requests are generated.
const retryRandom = new Random(options.seed + 1);
using ledger = new Ledger(options.ledger);

const stopping = new AbortController();
process.once('message', () => stopping.abort());

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: { id: number; code?: string };
  readonly version: number;
  readonly retryAfterMs: number;
}

/** What a response that is no JSON counts as. */
const NO_JSON = { id: NaN };

function parse(text: string): Answer['body'] {
  try {
    return JSON.parse(text) as Answer['body'];
  } catch {
    return NO_JSON;
  }
}

function sendToParent(message: ClientMessage): void {
  process.send!(message);
}

/** Sends a request once. @returns undefined without a response. */
async function attempt(
  method: string,
  path: string,
  json: object,
  key: string | undefined,
): Promise<Answer | undefined> {
  const record = (status: number, code: string | undefined, hasRetryAfter: boolean, detail: string) =>
    sendToParent({
      attempt: {
        endedAt: Date.now(),
        status,
        code,
        hasRetryAfter,
        summary: `${method} ${path} ${JSON.stringify(json)}: ${detail}`,
      },
    });
  try {
    const response = await fetch(options.urls[retryRandom.below(options.urls.length)]! + path, {
      method,
      headers: {
        'X-Access-Key': options.accessKey,
        'Content-Type': 'application/json',
        ...(key !== undefined && { 'Idempotency-Key': key }),
      },
      body: JSON.stringify(json),
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
    const text = await response.text();
    const { status, headers } = response;
    const body = parse(text);
    const retryAfter = headers.get('retry-after');
    record(status, body.code, retryAfter !== null, `${status} ${text}`);
    return {
      status,
      text,
      body,
      version: Number(/-(\d+)"$/.exec(headers.get('etag') ?? '')?.[1]),
      retryAfterMs: honoursRetryAfter ? Number(retryAfter) * 1_000 : 0,
    };
  } catch (error) {
    // The process was killed, or has not started yet.
    const { name, message, cause } = error as Error;
    record(0, name, false, `${message} ${cause instanceof Error ? cause.message : ''}`);
    return undefined;
  }
}

async function pauseAfter(answer: Answer | undefined): Promise<void> {
  await sleep((answer?.retryAfterMs ?? 0) + 20 + retryRandom.below(150));
}

/** Sends a request with one idempotency key until it gets a final response. */
async function send(method: string, path: string, key: string, json: object): Promise<Answer> {
  const deadline = Date.now() + RETRY_TIMEOUT_MS;
  let last: Answer | undefined;
  while (Date.now() < deadline) {
    const answer = await attempt(method, path, json, key);
    const isFinal = answer && answer.status !== 503 && answer.body.code !== 'idempotency.key-in-use';
    if (isFinal) return answer;
    last = answer;
    await pauseAfter(answer);
  }
  throw new Error(`${method} ${path} got no final response: ${last?.text ?? 'no response'}`);
}

function acknowledge(entry: Entry): void {
  ledger.write(entry);
  sendToParent({ acknowledged: entry.kind });
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

async function reportAndChange(key: string, text: string, source: string): Promise<void> {
  const answer = await send('POST', '/api/v1/incidents', key, { description: text, source });
  // Drawn before the response is checked: a loss must not change the requests that follow.
  const plan = { appends: random.below(3), rejection: random.happens(0.1), transitions: random.below(4) };
  if (answer.status !== 201) {
    acknowledge({ kind: 'unexpected', request: `POST ${text}`, answer: answer.text });
    return;
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

/** Without a key, a client cannot know whether a report without a response was stored: it goes on with the next one. */
async function reportOnce(text: string, source: string): Promise<void> {
  const answer = await attempt('POST', '/api/v1/incidents', { description: text, source }, undefined);
  if (answer?.status === 201) {
    acknowledge({ kind: 'reported', id: answer.body.id, text, source });
    return;
  }
  acknowledge({ kind: 'unanswered', text });
  await pauseAfter(answer);
}

for (let n = 0; n < creates && !stopping.signal.aborted; n++) {
  const name = `${options.name}-${n}`;
  const text = `${name} Самокат не отвечает`;
  const source = SOURCES[random.below(SOURCES.length)]!;
  await (hasIdempotencyKeys ? reportAndChange(name, text, source) : reportOnce(text, source));
  if (pauseMs > 0) await sleep(pauseMs);
}
process.disconnect();

/*
 * One client: reports incidents and changes them, sends again whatever gets no final answer, and writes down what was
 * acknowledged. A process of its own, so that nothing of it stands in the way of another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entry, Ledger } from './ledger.ts';
import { Random } from './random.ts';

/** What a client is told to do. */
export interface Orders {
  readonly name: string;
  readonly urls: readonly string[];
  readonly accessKey: string;
  readonly creates: number;
  readonly seed: number;
  readonly ledger: string;
}

const SOURCES = ['operator', 'monitoring', 'partner'];
const ANSWER_LIMIT = 5_000;
const GIVING_UP = 120_000;

const orders = JSON.parse(process.argv[2]!) as Orders;
const random = new Random(orders.seed);
// Where to send and how long to wait depends on what fails: it must not change what is sent.
const moods = new Random(orders.seed + 1);
using ledger = new Ledger(orders.ledger);

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: { id: number; code?: string };
  readonly version: number;
}

/** Sends a request under one key until it is answered for good. */
async function send(method: string, path: string, key: string, json: object): Promise<Answer> {
  const deadline = Date.now() + GIVING_UP;
  let last = '';
  while (Date.now() < deadline) {
    try {
      const response = await fetch(orders.urls[moods.below(orders.urls.length)]! + path, {
        method,
        headers: {
          'X-Access-Key': orders.accessKey,
          'Idempotency-Key': key,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(json),
        signal: AbortSignal.timeout(ANSWER_LIMIT),
      });
      const text = await response.text();
      const body = JSON.parse(text) as Answer['body'];
      const version = Number(/-(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1]);
      if (response.status !== 503 && body.code !== 'idempotency.key-in-use') {
        return { status: response.status, text, body, version };
      }
      last = text;
    } catch (error) {
      // The process was killed, or is not there yet.
      last = String(error);
    }
    await sleep(20 + moods.below(150));
  }
  throw new Error(`${method} ${path} got no final answer: ${last}`);
}

function acknowledge(entry: Entry): void {
  ledger.write(entry);
  process.send!(entry.kind);
}

/** Changes an incident, and writes down how that went; says whether it was done. */
async function change(id: number, key: string, json: { status?: string; description_append?: string }) {
  const answer = await send('PATCH', `/api/v1/incidents/${id}`, key, json);
  const { status, version, text, body } = answer;
  if (status === 200 && json.status) acknowledge({ kind: 'moved', id, status: json.status, version });
  else if (status === 200) acknowledge({ kind: 'appended', id, text: json.description_append!, version });
  else if (body.code === 'incident.illegal-transition' && json.status === 'CLOSED')
    acknowledge({ kind: 'refused', id });
  else acknowledge({ kind: 'unexpected', request: `PATCH ${id} ${JSON.stringify(json)}`, answer: text });
}

for (let n = 0; n < orders.creates; n++) {
  const key = `${orders.name}-${n}`;
  const text = `${key} Самокат не отвечает`;
  const source = SOURCES[random.below(SOURCES.length)]!;
  const answer = await send('POST', '/api/v1/incidents', key, { description: text, source });
  // Drawn before the answer is looked at: a loss must not change what is sent after it.
  const plan = { appends: random.below(3), refusal: random.happens(0.1), moves: random.below(4) };
  if (answer.status !== 201) {
    acknowledge({ kind: 'unexpected', request: `POST ${text}`, answer: answer.text });
    continue;
  }
  const { id } = answer.body;
  acknowledge({ kind: 'reported', id, text, source });
  if (plan.refusal) await change(id, `${key}-refused`, { status: 'CLOSED' });
  for (let i = 0; i < plan.appends; i++) {
    await change(id, `${key}-append-${i}`, { description_append: `${key} addition ${i}` });
  }
  for (const status of ['IN_PROGRESS', 'RESOLVED', 'CLOSED'].slice(0, plan.moves)) {
    await change(id, `${key}-${status}`, { status });
  }
}
process.disconnect();

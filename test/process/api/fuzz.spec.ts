import { Agent } from 'node:http';
import fc from 'fast-check';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { aRequest } from '../../support/requests.js';
import { type GeneratedRequest, type RawAnswer as Answer, sendTo } from '../../support/raw-requests.js';

/** They differ in each run. REQUESTS=20000 takes half a minute. */
const REQUESTS = Number(process.env['REQUESTS'] ?? 5_000);
const CONCURRENCY = 20;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

interface Accepted {
  readonly id: number;
  readonly text: string;
  readonly isReport: boolean;
}

describe('a service that gets generated requests', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  let database: TestDatabase;
  let service: Run;
  let url: string;
  const statuses = new Map<number, number>();
  let readBack = 0;
  const readBackOf = { lines: 0, keyed: 0 };

  beforeAll(async () => {
    database = await aDatabase();
    service = run('api', { DATABASE_URL: database.url });
    url = await service.ready();
  });
  afterAll(async () => {
    agent.destroy();
    await killLeftovers();
    await database.drop();
  });

  const send = (request: GeneratedRequest) => sendTo(url, agent, 'key', request);

  const requireNoServerError = ({ status, text }: Answer) => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 500) throw new Error(`answered ${status}: ${text}`);
    if (/\.[jt]s:\d+:\d+|node_modules|\bSELECT\b/.test(text) && !text.includes('"description"')) {
      throw new Error(`reveals internals: ${text}`);
    }
  };

  const get = async (path: string) =>
    JSON.parse((await send({ method: 'GET', path, headers: {}, body: undefined })).text) as unknown;

  /** The accepted texts, each with its incident. */
  const acceptedBy = (
    { method, path, headers, body }: GeneratedRequest,
    { status, text }: Answer,
  ): Accepted[] => {
    if (!['POST', 'PATCH'].includes(method) || !path.startsWith('/api/v1/incidents')) return [];
    if (status !== 200 && status !== 201) return [];
    const sentIn = (json: string) =>
      JSON.parse(json) as { description?: string; description_append?: string };
    if (headers['Content-Type'] === 'application/x-ndjson') {
      const lines = body!.toString().split('\n');
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { line: number; id?: number })
        .flatMap(({ line, id }) =>
          id === undefined ? [] : [{ id, text: sentIn(lines[line - 1]!).description!, isReport: true }],
        );
    }
    if (headers['Content-Type'] !== 'application/json') return [];
    const { description, description_append: addition } = sentIn(body!.toString());
    const accepted = method === 'POST' ? description : addition;
    if (accepted === undefined) return [];
    return [{ id: (JSON.parse(text) as { id: number }).id, text: accepted, isReport: method === 'POST' }];
  };

  /** Accepted texts must be in the history and the description exactly as they were sent. */
  const requireStored = async (request: GeneratedRequest, answer: Answer) => {
    for (const { id, text, isReport } of acceptedBy(request, answer)) {
      const events = (await get(`/api/v1/incidents/${id}/events?limit=200`)) as {
        type: string;
        text?: string;
      }[];
      const types = events.filter((event) => event.text === text).map(({ type }) => type);
      // A duplicate report of an open incident is only in its history.
      const expected = isReport ? ['reported', 'duplicate_reported', 'reopened'] : ['description_appended'];
      if (!types.some((type) => expected.includes(type)))
        throw new Error(`${JSON.stringify(text)} is not in the history of ${id}`);
      if (isReport && !types.includes('reported')) continue;
      const { description } = (await get(`/api/v1/incidents/${id}`)) as { description: string };
      const isThere = isReport
        ? `${description}\n`.startsWith(`${text}\n`)
        : description.includes(`\n${text}`);
      if (!isThere) throw new Error(`${JSON.stringify(text)} is not in the description of ${id}`);
      readBack++;
      if (request.headers['Content-Type'] === 'application/x-ndjson') readBackOf.lines++;
      if (Object.keys(request.headers).some((name) => /idempotency-key/i.test(name))) readBackOf.keyed++;
    }
  };

  it(`survives ${REQUESTS} of them (SEED=${SEED}), and stores accepted input unchanged`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aRequest, { minLength: CONCURRENCY, maxLength: CONCURRENCY }),
        async (requests) => {
          const answers = await Promise.all(requests.map(send));
          answers.forEach(requireNoServerError);
          await Promise.all(requests.map((request, i) => requireStored(request, answers[i]!)));
        },
      ),
      { numRuns: REQUESTS / CONCURRENCY, seed: SEED, endOnFailure: true },
    );
    const summary = [...statuses]
      .toSorted(([a], [b]) => a - b)
      .map(([status, count]) => `${count} × ${status}`);
    process.stdout.write(
      `SEED=${SEED}: ${summary.join(', ')}; ${readBack} texts read back, ${readBackOf.lines} of lines, ${readBackOf.keyed} with keys\n`,
    );
    // A generator whose requests were all rejected would prove nothing.
    for (const status of [200, 201, 400, 404, 409])
      expect(statuses.get(status) ?? 0).toBeGreaterThan(REQUESTS / 1_000);
    expect(readBack).toBeGreaterThan(REQUESTS / 200);
    for (const some of Object.values(readBackOf)) expect(some).toBeGreaterThan(REQUESTS / 10_000);
    expect(service.process.exitCode).toBeNull();
    expect(service.output()).not.toMatch(/unhandled|uncaught|"level":"error"/i);
    expect(await service.end()).toBe(0);
  }, 180_000);
});

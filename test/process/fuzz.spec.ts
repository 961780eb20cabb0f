import { Agent, request as send } from 'node:http';
import fc from 'fast-check';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { killLeftovers, type Run, run } from '../support/processes.js';
import { aRequest, type GeneratedRequest } from '../support/requests.js';

const REQUESTS = Number(process.env['REQUESTS'] ?? 20_000);
const AT_ONCE = 20;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

interface Answer {
  readonly status: number;
  readonly text: string;
}

describe('generated requests', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let database: TestDatabase;
  let service: Run;
  let url: string;
  const statuses = new Map<number, number>();
  let readBack = 0;

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

  const ask = ({ method, path, headers, body }: GeneratedRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      // Node's client says it for some methods only, and then the body is taken for another request.
      const length = body && { 'Content-Length': String(body.length) };
      const request = send(
        { hostname, port, method, path, agent, headers: { ...headers, ...length, 'X-Access-Key': 'key' } },
        (response) => {
          const chunks: Buffer[] = [];
          response
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () =>
              resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }),
            )
            .on('error', reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });

  const requireWell = ({ status, text }: Answer) => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 500) throw new Error(`answered ${status}: ${text}`);
    if (/\.[jt]s:\d+:\d+|node_modules|\bSELECT\b/.test(text) && !text.includes('"description"')) {
      throw new Error(`tells of the inside: ${text}`);
    }
  };

  /** What was accepted must be there as it was sent, code point by code point. */
  const requireKept = async ({ method, path, headers, body }: GeneratedRequest, { status, text }: Answer) => {
    if (headers['Idempotency-Key'] !== undefined || headers['Content-Type'] !== 'application/json') return;
    if (!['POST', 'PATCH'].includes(method) || !path.startsWith('/api/v1/incidents')) return;
    if (status !== 200 && status !== 201) return;
    const sent = JSON.parse(body!.toString()) as { description?: string; description_append?: string };
    const addition = method === 'POST' ? sent.description : sent.description_append;
    if (addition === undefined) return;
    const { id } = JSON.parse(text) as { id: number };
    const events = await ask({
      method: 'GET',
      path: `/api/v1/incidents/${id}/events?limit=200`,
      headers: {},
      body: undefined,
    });
    const texts = (JSON.parse(events.text) as { text?: string }[]).map((event) => event.text);
    if (!texts.includes(addition))
      throw new Error(`${JSON.stringify(addition)} is not in the history of ${id}`);
    readBack++;
  };

  it(`of which there are ${REQUESTS} (SEED=${SEED}) do no harm, and what is accepted is kept as it came`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aRequest, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (requests) => {
        const answers = await Promise.all(requests.map(ask));
        answers.forEach(requireWell);
        await Promise.all(requests.map((request, i) => requireKept(request, answers[i]!)));
      }),
      { numRuns: REQUESTS / AT_ONCE, seed: SEED, endOnFailure: true },
    );
    const told = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
    process.stdout.write(`SEED=${SEED}: ${told.join(', ')}; ${readBack} texts read back\n`);
    // A generator whose requests were all refused would prove nothing.
    for (const status of [200, 201, 400, 404, 409])
      expect(statuses.get(status) ?? 0).toBeGreaterThan(REQUESTS / 1_000);
    expect(readBack).toBeGreaterThan(REQUESTS / 200);
    expect(service.process.exitCode).toBeNull();
    expect(service.output()).not.toMatch(/unhandled|uncaught|"level":"error"/i);
    expect(await service.end()).toBe(0);
  }, 180_000);
});

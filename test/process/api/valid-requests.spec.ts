import { Agent } from 'node:http';
import fc from 'fast-check';
import { requireContract } from '../../support/contract.js';
import { type GeneratedRequest, sendTo } from '../../support/raw-requests.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { aValidRequest, type ContractOperation, OPERATIONS } from '../../support/valid-requests.js';

/** Requests to each operation; they differ in each run. */
const RUNS = Number(process.env['RUNS'] ?? 60);
const CONCURRENCY = 5;
/** After runs without a success: one of sixty requests has it where they are fewest. */
const MAX_MORE_RUNS = 100;

/** Rejections that depend on earlier requests, or on the content of a file, and not on the contract. */
const BEYOND_CONTRACT: ReadonlySet<string> = new Set(['idempotency.key-reused', 'import.unreadable-file']);

/**
 * A generated idempotency key has no incident, a generated name hardly ever a consumer, a generated name or token hardly ever a heartbeat, a
 * generated access key no session, and a generated pair of numbers hardly ever an attachment.
 */
const NEVER_FOUND: ReadonlySet<string> = new Set([
  'getByIdempotencyKey',
  'getConsumer',
  'signIn',
  'ping',
  'pingWithOutput',
  'signal',
  'signalWithOutput',
  'getHeartbeat',
  'listHeartbeatOutputs',
  'rotatePingUrl',
  'deleteHeartbeat',
  'getAttachment',
]);

describe('a request that is valid by the OpenAPI document', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  let service: Service;
  let cursors: string[];

  /** An admin key that may impersonate. Generated requests may revoke it. */
  const aKey = async (name: string): Promise<string> => {
    const json = { name, role: 'admin', can_impersonate: true };
    return (await service.request('POST', '/api/v1/keys', { json })).body.secret;
  };

  beforeAll(async () => {
    service = await startService();
    for (let n = 0; n < 30; n++) await service.report({ description: `n ${n}` });
    for (let n = 0; n < 5; n++) {
      const body = `{"version":"${n}"`;
      await service.request('POST', '/api/v1/intake/alertmanager', { body });
    }
    for (const source of ['operator', 'monitoring', 'partner'])
      await service.request('PUT', `/api/v1/policies/${source}`, { json: {} });
    const link = (await service.get('/api/v1/incidents?limit=2')).headers.get('link')!;
    cursors = [...link.matchAll(/cursor=([\w-]+)/g)].map(([, cursor]) => cursor!);
  });
  afterAll(async () => {
    agent.destroy();
    await service.stop();
  });

  it.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
    'to %s is never rejected as invalid',
    async (id, operation) => {
      const key = operation.path.startsWith('/api/v1/keys') ? KEY : await aKey(id);
      const successes: number[] = [];
      const requests = fc.array(aValidRequest(operation, cursors), {
        minLength: CONCURRENCY,
        maxLength: CONCURRENCY,
      });
      const send = async (some: readonly GeneratedRequest[]) => {
        const answers = await Promise.all(some.map((one) => sendTo(service.url, agent, key, one)));
        for (const { status, headers, text } of answers) {
          const isJson = /[/+]json/.test(headers.get('content-type') ?? '') && text !== '';
          const body = isJson ? JSON.parse(text) : text;
          requireContract(operation.method, operation.path, { status, headers, body });
          if (BEYOND_CONTRACT.has(body.code) || (id === 'signIn' && status === 401)) continue;
          if ([400, 401, 403, 415, 422, 431].includes(status) || status >= 500) throw new Error(text);
          if (status < 400 || status === 409) successes.push(status);
        }
      };
      const numRuns = isAlwaysTheSame(operation) ? 1 : Math.ceil(RUNS / CONCURRENCY);
      await fc.assert(fc.asyncProperty(requests, send), { numRuns });
      if (NEVER_FOUND.has(id)) return;
      // Requests that never find anything would prove nothing, and few meet the preconditions that they set.
      for (let more = 0; successes.length === 0 && more < MAX_MORE_RUNS; more++)
        await send(fc.sample(requests, 1)[0]!);
      expect(successes).not.toEqual([]);
    },
    120_000,
  );
});

function isAlwaysTheSame({ operation: { parameters = [], requestBody } }: ContractOperation): boolean {
  return parameters.length === 0 && requestBody === undefined;
}

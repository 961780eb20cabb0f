import type { Contender } from './contender.ts';
import { type Operation, REQUESTS } from './load/requests.ts';

interface CheckedResponse {
  readonly status: number;
  readonly body: unknown;
  readonly total: string | null;
}

const EXPECTED: Readonly<Record<Operation, (response: CheckedResponse) => boolean>> = {
  get: ({ status, body }) => status === 200 && (body as { id?: unknown }).id === 1,
  list: ({ status, body, total }) =>
    status === 200 && Array.isArray(body) && body.length === 20 && Number(total) >= 20,
  change: ({ status, body }) =>
    status === 200 && (body as { description: string }).description.endsWith('\nSeen again'),
  create: ({ status, body }) => status === 201 && (body as { status?: unknown }).status === 'NEW',
};

/**
 * Sends one request and checks the response: a comparison of programs that do different work means nothing.
 * @throws if the response violates the contract of the API.
 */
export async function requireValidResponse(contender: Contender, operation: Operation): Promise<void> {
  const { method, path, body } = REQUESTS[operation];
  const response = await contender.request(method, path.replace('{id}', '1'), body);
  const text = await response.text();
  const { status, headers } = response;
  try {
    if (EXPECTED[operation]({ status, body: JSON.parse(text), total: headers.get('x-total-count') })) return;
  } catch {
    // A body that is not JSON violates the contract too.
  }
  throw new Error(`${method} ${path} returned ${status}: ${text.slice(0, 500)}`);
}

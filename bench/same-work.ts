import type { Contender } from './contender.ts';
import { type Operation, REQUESTS } from './load/requests.ts';

interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly total: string | null;
}

const PROMISED: Readonly<Record<Operation, (answer: Answered) => boolean>> = {
  get: ({ status, body }) => status === 200 && (body as { id?: unknown }).id === 1,
  list: ({ status, body, total }) =>
    status === 200 && Array.isArray(body) && body.length === 20 && Number(total) >= 20,
  change: ({ status, body }) =>
    status === 200 && (body as { description: string }).description.endsWith('\nSeen again'),
  create: ({ status, body }) => status === 201 && (body as { status?: unknown }).status === 'NEW',
};

/**
 * Asks once and looks at the answer: a comparison of programs that do different work says nothing.
 * @throws where the answer is not what the api promises.
 */
export async function requireSameWork(contender: Contender, operation: Operation): Promise<void> {
  const { method, path, body } = REQUESTS[operation];
  const answer = await contender.request(method, path.replace('{id}', '1'), body);
  const text = await answer.text();
  const { status, headers } = answer;
  try {
    if (PROMISED[operation]({ status, body: JSON.parse(text), total: headers.get('x-total-count') })) return;
  } catch {
    // What cannot be read is not what was promised either.
  }
  throw new Error(`${method} ${path} was answered with ${status}: ${text.slice(0, 500)}`);
}

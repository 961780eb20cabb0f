import { KEY } from '../contender.ts';

/** A kind of request that the load generators send. */
export interface RequestKind {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** `{id}` is replaced by a random incident id in each request. */
  readonly path: string;
  /** Each `{id}` is replaced by one random number of four digits in each request. */
  readonly body?: string;
  /** Besides the key; by default, the content type is JSON. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The compared operations, in the order of measurement: `create` is last because it adds rows. */
export const OPERATIONS = ['get', 'list', 'change', 'create'] as const;

export type Operation = (typeof OPERATIONS)[number];

export const REQUESTS: Readonly<Record<Operation, RequestKind>> = {
  get: { method: 'GET', path: '/api/v1/incidents/{id}' },
  list: { method: 'GET', path: '/api/v1/incidents?status=NEW&source=monitoring&limit=20' },
  change: {
    method: 'PATCH',
    path: '/api/v1/incidents/{id}',
    body: JSON.stringify({ description_append: 'Seen again' }),
  },
  create: {
    method: 'POST',
    path: '/api/v1/incidents',
    body: JSON.stringify({ description: 'Самокат #42 оффлайн', source: 'monitoring' }),
  },
};

/** The numbers for the placeholders of a request, of which incidents with the ids from 1 to `ids` exist. */
export function numbersOf(
  { path }: RequestKind,
  ids: number,
): { readonly smallest: number; readonly largest: number } {
  return path.includes('{id}') ? { smallest: 1, largest: ids } : { smallest: 1_000, largest: 9_999 };
}

/** The headers of a request, with the key. */
export function headersOf({ body, headers }: RequestKind): Record<string, string> {
  return { 'X-Access-Key': KEY, ...(body && { 'Content-Type': 'application/json' }), ...headers };
}

/** The names of the operations in the report. */
export const NAMES: Readonly<Record<Operation, string>> = {
  create: 'create',
  get: 'get by id',
  list: 'list 20, exact total',
  change: 'change (append)',
};

/** A kind of request that the load generators send. */
export interface RequestKind {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** `{id}` is replaced by a random incident id in each request. */
  readonly path: string;
  readonly body?: string;
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

/** The names of the operations in the report. */
export const NAMES: Readonly<Record<Operation, string>> = {
  create: 'create',
  get: 'get by id',
  list: 'list 20, exact total',
  change: 'change (append)',
};

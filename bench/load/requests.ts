/** Requests of one kind, as the load generators send them. */
export interface RequestKind {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** `{id}` stands for the id of an incident, another one at random in each request. */
  readonly path: string;
  readonly body?: string;
}

/** What is compared, in the order in which it is measured: the register grows last. */
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

/** The operations as people read of them. */
export const NAMES: Readonly<Record<Operation, string>> = {
  create: 'create',
  get: 'get by id',
  list: 'list 20, exact total',
  change: 'change (append)',
};

import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { ArrayColumn } from '../connection/array-parameters.js';

/** The columns that an idempotency key is stored in; null for a request that has none. */
export const KEY_COLUMNS: readonly ArrayColumn<IdempotencyKey | undefined>[] = [
  { name: 'scope', type: 'text', valueOf: (key) => key?.scope ?? null },
  { name: 'key', type: 'text', valueOf: (key) => key?.key ?? null },
  { name: 'fingerprint', type: 'bytea', valueOf: (key) => key?.fingerprint ?? null },
];

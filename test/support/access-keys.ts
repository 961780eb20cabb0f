import type { Service } from './service.js';

let issued = 0;

/** A new access key of a name of its own, an operator's by default. */
export async function anAccessKey(
  service: Service,
  json: object = {},
): Promise<{ id: number; name: string; secret: string }> {
  const draft = { name: `key-${++issued}`, role: 'operator', ...json };
  return (await service.request('POST', '/api/v1/keys', { json: draft })).body;
}

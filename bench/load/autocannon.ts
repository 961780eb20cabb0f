import { createRequire } from 'node:module';
import cannon from 'autocannon';
import { KEY } from '../contender.ts';
import { interruption } from '../interruption.ts';
import type { Generator, Load } from './generator.ts';

const { version } = createRequire(import.meta.url)('autocannon/package.json') as { version: string };

/** autocannon: a load generator on Node, installed by npm. It uses more CPU of the measured machine than wrk. */
export function autocannon(): Generator {
  return {
    name: `autocannon ${version}`,
    run: async ({ url, request: { method, path, body }, ids, connections, seconds }: Load) => {
      const anId = () => String(1 + Math.floor(Math.random() * ids));
      const request: cannon.Request = {
        method,
        path,
        headers: { 'X-Access-Key': KEY, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body }),
        ...(path.includes('{id}') && {
          setupRequest: (request) => ({ ...request, path: path.replace('{id}', anId()) }),
        }),
      };
      const load = cannon({ url, connections, duration: seconds, timeout: 10, requests: [request] });
      const end = () => (load as unknown as cannon.Instance).stop();
      interruption.addEventListener('abort', end, { once: true });
      const result = await load;
      interruption.removeEventListener('abort', end);
      interruption.throwIfAborted();
      const responses = result.requests.total;
      return {
        rate: responses / result.duration,
        responses,
        failures: result.non2xx + result.errors,
      };
    },
  };
}

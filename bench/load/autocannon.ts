import { createRequire } from 'node:module';
import cannon from 'autocannon';
import { interruption } from '../interruption.ts';
import type { Generator, Load } from './generator.ts';
import { headersOf, numbersOf } from './requests.ts';

const { version } = createRequire(import.meta.url)('autocannon/package.json') as { version: string };

/** autocannon: a load generator on Node, installed by npm. It uses more CPU of the measured machine than wrk. */
export function autocannon(): Generator {
  return {
    name: `autocannon ${version}`,
    run: async ({ url, request: kind, ids, connections, seconds }: Load) => {
      const { method, path, body } = kind;
      const { smallest, largest } = numbersOf(kind, ids);
      const request: cannon.Request = {
        method,
        path,
        headers: headersOf(kind),
        ...(body && { body }),
        ...((path + body).includes('{id}') && {
          setupRequest: (request) => {
            const id = String(smallest + Math.floor(Math.random() * (largest - smallest + 1)));
            return {
              ...request,
              path: path.replace('{id}', id),
              ...(body && { body: body.replaceAll('{id}', id) }),
            };
          },
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

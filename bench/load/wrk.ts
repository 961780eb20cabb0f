import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { interruption } from '../interruption.ts';
import type { Generator, Load } from './generator.ts';
import { headersOf, numbersOf } from './requests.ts';

const run = promisify(execFile);

const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** The summary that the script prints at its end. */
interface Summary {
  readonly responses: number;
  readonly failures: number;
  readonly microseconds: number;
}

/** wrk: a load generator in C, found on PATH. */
export function wrk(version: string): Generator {
  return {
    name: `wrk ${version}, one thread`,
    run: async ({ url, request, ids, connections, seconds }: Load) => {
      const load = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s'];
      const { smallest, largest } = numbersOf(request, ids);
      const what = [request.method, request.path, request.body ?? '', String(smallest), String(largest)];
      const headers = Object.entries(headersOf(request)).flat();
      const { stdout } = await run('wrk', [...load, '-s', SCRIPT, url, '--', ...what, ...headers], {
        signal: interruption,
      });
      const summary = JSON.parse(/^summary (.*)$/m.exec(stdout)![1]!) as Summary;
      const { responses, failures, microseconds } = summary;
      return { rate: (responses / microseconds) * 1e6, responses, failures };
    },
  };
}

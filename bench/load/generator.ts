import { spawnSync } from 'node:child_process';
import { autocannon } from './autocannon.ts';
import type { RequestKind } from './requests.ts';
import { wrk } from './wrk.ts';

/** A load: each connection sends one request after another, as fast as possible, for a time. */
export interface Load {
  readonly url: string;
  readonly request: RequestKind;
  /** Incidents with the ids from 1 to this exist. */
  readonly ids: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface Outcome {
  /** Responses per second. */
  readonly rate: number;
  readonly responses: number;
  /** Responses other than 2xx, and requests without a response. */
  readonly failures: number;
}

export interface Generator {
  readonly name: string;
  /** Resolves when the load ends; rejects if it is interrupted. */
  run(load: Load): Promise<Outcome>;
}

/** wrk if it is installed, since it uses the least CPU of the shared machine; otherwise autocannon. */
export function findGenerator(): Generator {
  const { stdout, stderr } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  const version = /^wrk (\S+)/m.exec(`${stdout}\n${stderr}`)?.[1];
  return version === undefined ? autocannon() : wrk(version);
}

import { spawnSync } from 'node:child_process';
import { autocannon } from './autocannon.ts';
import type { RequestKind } from './requests.ts';
import { wrk } from './wrk.ts';

/** A load: as many requests as the connections carry, one after another on each, for a time. */
export interface Load {
  readonly url: string;
  readonly request: RequestKind;
  /** Ids from 1 to this exist. */
  readonly ids: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface Outcome {
  /** Answers a second. */
  readonly rate: number;
  readonly answers: number;
  /** Answers that were not 2xx, and requests without an answer. */
  readonly failures: number;
}

export interface Generator {
  readonly name: string;
  /** Resolves when the time is over; rejects on an interruption. */
  run(load: Load): Promise<Outcome>;
}

/** wrk where there is one, since it takes least from the service that shares the machine with it; else autocannon. */
export function findGenerator(): Generator {
  const { stdout, stderr } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  const version = /^wrk (\S+)/m.exec(`${stdout}\n${stderr}`)?.[1];
  return version === undefined ? autocannon() : wrk(version);
}

import type { Settings } from './server-check.js';

/** SQL that is prepared once on each connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** SQL that is planned each time, in a transaction with these settings, which determine its plan. */
export interface SetUpStatement {
  readonly settings: Settings;
  readonly text: string;
}

let count = 0;

/** A statement with a name of its own. Call it once for each text: connections keep what they have prepared. */
export function prepared(text: string): Statement {
  count++;
  return { name: `incidents-${count}`, text };
}

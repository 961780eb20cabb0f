import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * An acknowledged request, an unexpected response, or a report without an idempotency key that was not acknowledged: it may be stored, but
 * once at most.
 */
export type Entry =
  | { readonly kind: 'reported'; readonly id: number; readonly text: string; readonly source: string }
  | { readonly kind: 'appended'; readonly id: number; readonly text: string; readonly version: number }
  | { readonly kind: 'transitioned'; readonly id: number; readonly status: string; readonly version: number }
  | { readonly kind: 'rejected'; readonly id: number }
  | { readonly kind: 'unanswered'; readonly text: string }
  | { readonly kind: 'unexpected'; readonly request: string; readonly answer: string };

/** The record of a client, which survives the client: each entry is on disk before the client sends the next request. */
export class Ledger implements Disposable {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(entry: Entry): void {
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
    fsyncSync(this.file);
  }

  [Symbol.dispose](): void {
    closeSync(this.file);
  }
}

/** All entries, in the order in which they were written. */
export function readLedger(path: string): Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}

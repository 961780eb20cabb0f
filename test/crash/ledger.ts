import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What the service has acknowledged, or answered although it should not have. */
export type Entry =
  | { readonly kind: 'reported'; readonly id: number; readonly text: string; readonly source: string }
  | { readonly kind: 'appended'; readonly id: number; readonly text: string; readonly version: number }
  | { readonly kind: 'moved'; readonly id: number; readonly status: string; readonly version: number }
  | { readonly kind: 'refused'; readonly id: number }
  | { readonly kind: 'unexpected'; readonly request: string; readonly answer: string };

/** A client's own record, which outlives it: each entry is on the disk before the next request is sent. */
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

/** All entries, in their order. */
export function readLedger(path: string): Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, 'senders.py');

/** Whether SENDERS_PATH names a folder with the client libraries of PyPI; CI must have it. */
export const hasClientLibraries = process.env['CI'] === 'true' || process.env['SENDERS_PATH'] !== undefined;

if (!hasClientLibraries) {
  process.stdout.write('The tests with client libraries are skipped: SENDERS_PATH names no folder.\n');
}

/** Sends by a library to the channels of a service, and resolves with what the library returns: see `senders.py`. */
export async function sendBy(library: string, url: string, key: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)('python3', [SCRIPT, library, `${url}/api/v1/intake`, key]);
  return JSON.parse(stdout) as unknown;
}

import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from '../postgres/connection/connection.js';

/** A process id above every system's limit, with as many digits as any: nothing of the old one stays behind it. */
const UNUSED_PID = '2147483647';

/** What a server writes into `postmaster.pid`. */
interface LockFile {
  readonly pid: number;
  readonly socket: Socket | undefined;
  readonly ready: boolean;
}

// https://www.postgresql.org/docs/current/storage-file-layout.html; the order of the lines is in PostgreSQL's
// src/include/utils/pidfile.h: pid, data directory, start time, port, socket directory, address, shared memory, status.
export function readLockFile(dataDirectory: string): LockFile | undefined {
  const lines = read(join(dataDirectory, 'postmaster.pid'))?.split('\n');
  if (!lines) return undefined;
  const [pid, , , port, directory, , , status] = lines;
  return {
    pid: Number(pid),
    socket: directory ? { directory, port: Number(port) } : undefined,
    ready: status?.trim() === 'ready',
  };
}

/** Whether the server with this process id accepts connections. */
export function isReady(dataDirectory: string, pid: number | undefined): boolean {
  const file = readLockFile(dataDirectory);
  return file !== undefined && file.pid === pid && file.ready;
}

/**
 * Lets a server start after its predecessor was killed and the process id in the lock file now belongs to another program
 * (in a container the same few ids are reused), or to a zombie. PostgreSQL sees a process with that id and refuses to
 * start. The file itself stays, since PostgreSQL also finds processes of the old server by it that may still write to the
 * data.
 */
export function releaseStaleLock(dataDirectory: string): void {
  const path = join(dataDirectory, 'postmaster.pid');
  const content = read(path);
  // Without /proc nothing is known of the process, and PostgreSQL decides.
  const status = content && read(`/proc/${Number.parseInt(content)}/stat`);
  if (!status) return;
  const [, name, state] = /\((.*)\) (\S)/s.exec(status) ?? [];
  if (name === 'postgres' && state !== 'Z' && state !== 'X') return;
  const file = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    writeSync(file, content.replace(/^\d+/, UNUSED_PID), 0);
  } finally {
    closeSync(file);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

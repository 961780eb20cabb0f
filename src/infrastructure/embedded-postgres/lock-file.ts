import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from '../postgres/connection/connection.js';

/** A process id above every limit for one. It has as many digits as any: no old text stays behind it. */
const NOBODY = '2147483647';

/** What a server says of itself in `postmaster.pid`. */
interface LockFile {
  readonly pid: number;
  readonly socket: Socket | undefined;
  readonly ready: boolean;
}

// https://www.postgresql.org/docs/current/storage-file-layout.html; the order of the lines is in PostgreSQL's
// src/include/utils/pidfile.h: pid, data directory, start time, port, socket directory, address, shared memory, status.
export function readLockFile(cluster: string): LockFile | undefined {
  const lines = read(join(cluster, 'postmaster.pid'))?.split('\n');
  if (!lines) return undefined;
  const [pid, , , port, directory, , , status] = lines;
  return {
    pid: Number(pid),
    socket: directory ? { directory, port: Number(port) } : undefined,
    ready: status?.trim() === 'ready',
  };
}

/** Whether the server of this process id takes connections. */
export function isReady(cluster: string, pid: number | undefined): boolean {
  const file = readLockFile(cluster);
  return file !== undefined && file.pid === pid && file.ready;
}

/**
 * Lets a server start where the one before it was killed, and its process id now belongs to something else: to
 * another program (in a container the same few numbers are used again), or to a dead process that nobody has reaped.
 * PostgreSQL sees a living process and refuses. The file itself stays, since it also leads PostgreSQL to processes of
 * the old server that may still write to the data.
 */
export function forgetDeadServer(cluster: string): void {
  const path = join(cluster, 'postmaster.pid');
  const content = read(path);
  // Without /proc nothing is known of the process, and PostgreSQL's own judgement stands.
  const status = content && read(`/proc/${Number.parseInt(content)}/stat`);
  if (!status) return;
  const [, name, state] = /\((.*)\) (\S)/s.exec(status) ?? [];
  if (name === 'postgres' && state !== 'Z' && state !== 'X') return;
  const file = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    writeSync(file, content.replace(/^\d+/, NOBODY), 0);
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

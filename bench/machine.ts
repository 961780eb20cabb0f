import { readFileSync, statfsSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import type { Postgres } from './postgres.ts';
import { formatNumber } from './progress.ts';

const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x2fc12fc1: 'zfs',
  0x794c7630: 'overlayfs',
  0x01021994: 'tmpfs, in memory: fsync is free',
};

/** The environment of the run, as rows of a table: rates mean nothing without it. */
export async function describeMachine(postgres: Postgres): Promise<[string, string][]> {
  const { type: fileSystem } = statfsSync(postgres.directory);
  return [
    ['CPU', `${cpus()[0]?.model.trim() ?? process.arch}, ${cpus().length} cores${limitOfCpu()}`],
    ['memory', `${formatNumber(totalmem() / 2 ** 30)} GB`],
    ['system', `${type()} ${release()}, ${process.arch}`],
    ['Node', process.version],
    await describeServer(postgres),
    ['file system', FILE_SYSTEMS[fileSystem] ?? `of type 0x${fileSystem.toString(16)}`],
  ];
}

/** The version and the durability settings of PostgreSQL. */
export async function describeServer(postgres: Postgres): Promise<[string, string]> {
  const [database] = await postgres.query<{ version: string; shared: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('shared_buffers') AS shared`,
  );
  return [
    `PostgreSQL, ${postgres.name}`,
    `${database!.version}, shared_buffers=${database!.shared}, fsync, full_page_writes and synchronous_commit on`,
  ];
}

/** The CPU limit of a container, which may be lower than the number of cores. */
function limitOfCpu(): string {
  try {
    const [quota, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').split(' ').map(Number);
    return quota! > 0 ? `, limited to ${formatNumber(quota! / period!)}` : '';
  } catch {
    return '';
  }
}

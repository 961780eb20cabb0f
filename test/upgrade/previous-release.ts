import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { logProgress } from '../../bench/progress.ts';
import { CURRENT, type Release } from '../crash/api.ts';

/** The built releases, by their commits. */
const RELEASES = join(CURRENT, '.cache/releases');

const git = (...parameters: string[]) =>
  execFileSync('git', ['-C', CURRENT, ...parameters], { encoding: 'utf8', maxBuffer: Infinity }).trim();

/**
 * The previous release, built from the history of the project: the newest tag `v…` before the current commit. As long as there is none,
 * the commit before the last one that added a migration; one that changed a migration, which was in no release, begins a new schema.
 * @param ref any other commit.
 */
export function previousRelease(ref?: string): Release {
  const commit = git('rev-parse', '--verify', `${ref ?? previousRef()}^{commit}`);
  const directory = join(RELEASES, commit);
  if (!existsSync(directory)) {
    logProgress(`building the release ${git('log', '-1', '--format=%h %s', commit)}`);
    const unfinished = `${directory}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    execFileSync('sh', [
      '-c',
      'git -C "$1" archive "$2" | tar -x -C "$3"',
      'sh',
      CURRENT,
      commit,
      unfinished,
    ]);
    execFileSync('make', ['build'], { cwd: unfinished, stdio: ['ignore', 'ignore', 'inherit'] });
    renameSync(unfinished, directory);
  }
  return directory;
}

function previousRef(): string {
  const [tag] = git('tag', '--list', 'v*', '--merged', 'HEAD^', '--sort=-creatordate').split('\n');
  if (tag) return tag;
  const last = git('log', '-1', '--first-parent', '--format=%H', '--', 'migrations');
  const changed = git(
    'diff',
    '--name-only',
    '--diff-filter=a',
    `${last}^`,
    last,
    '--',
    'migrations',
    ':!migrations/index.ts',
  );
  return changed ? last : `${last}^`;
}

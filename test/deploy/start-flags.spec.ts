import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { FLAGS } from '../../bench/programs.ts';

const NAMES = FLAGS.map((flag) => flag.split('=')[0]!);

/** The files that start a process, except for those that use `FLAGS` itself. */
const FILES = execFileSync('git', ['grep', '-l', '-e', NAMES[0]!, '--', ':!docs', ':!*.ts'], { encoding: 'utf8' })
  .trim()
  .split('\n');

describe('The flags of V8 that are measured should', () => {
  it('be used by every way to start the service', () => {
    expect(FILES).toEqual(
      expect.arrayContaining(['Dockerfile', 'Makefile', 'docker-compose.yml', 'package.json']),
    );
  });

  it.each(FILES)('be those of %s', (file) => {
    const used = readFileSync(file, 'utf8').match(new RegExp(`(${NAMES.join('|')})=\\w+`, 'g'));
    expect(new Set(used)).toEqual(new Set(FLAGS));
  });
});

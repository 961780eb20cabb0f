import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const FLAG = /--(?:max-semi-space-size|heap-growing-percent|v8-pool-size)=\w+/g;

const flagsIn = (text: string): ReadonlySet<string> => new Set(text.match(FLAG));

/** Those of `npm start`. */
const EXPECTED = flagsIn(
  (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } }).scripts.start,
);

/** The files that start a process of the service. */
const FILES = execFileSync(
  'git',
  ['grep', '-l', '-e', '--heap-growing-percent=', '--', ':!docs', ':!*.spec.ts'],
  {
    encoding: 'utf8',
  },
)
  .trim()
  .split('\n');

describe('The flags of V8 should', () => {
  it('be given wherever the service starts', () => {
    expect(EXPECTED.size).toBe(3);
    expect(FILES).toEqual(
      expect.arrayContaining([
        'Dockerfile',
        'Makefile',
        'bench/programs.ts',
        'docker-compose.yml',
        'package.json',
      ]),
    );
  });

  it.each(FILES)('be the same in %s', (file) => {
    expect(flagsIn(readFileSync(file, 'utf8'))).toEqual(EXPECTED);
  });
});

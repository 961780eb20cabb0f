import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { runCommandLine } from '../../src/cli/command-line.js';
import { INCIDENT_SOURCES } from '../../src/domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../src/domain/incident/incident-status.js';
import { IMPORT_FORMATS } from '../../src/presentation/imports/source.js';

describe('the help about "import"', () => {
  const helpOf = async (...args: string[]): Promise<string> => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      expect(await runCommandLine([...args, '--help'])).toBe(0);
      return write.mock.calls.map(([text]) => String(text)).join('');
    } finally {
      write.mockRestore();
    }
  };

  it.each([
    ['format', IMPORT_FORMATS],
    ['source', INCIDENT_SOURCES],
    ['status', INCIDENT_STATUSES],
  ] as const)('lists every %s', async (option, values) => {
    const help = (await helpOf('import')).replaceAll(/\s+/g, ' ');
    const choices = values.map((value) => `"${value}"`).join(', ');
    expect(help).toMatch(new RegExp(`--${option} <[^(]*\\(choices: ${choices}[,)]`));
  });

  it('of make lists every format', () => {
    const target = /^import:.*FORMAT=(\S+)\)/m.exec(readFileSync('Makefile', 'utf8'));
    expect(target?.[1]).toBe(IMPORT_FORMATS.join('|'));
  });
});

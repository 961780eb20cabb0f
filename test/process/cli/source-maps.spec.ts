import { execFileSync } from 'node:child_process';

describe('A stack trace', () => {
  it('names the TypeScript source', () => {
    const program = `
      await import('./dist/src/processes/source-maps.js');
      const { resultOf } = await import('./dist/src/infrastructure/postgres/batching/outcome.js');
      try { resultOf(undefined); } catch (error) { console.log(error.stack); }`;
    const stack = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    expect(stack).toMatch(/at resultOf \(.*\/src\/infrastructure\/postgres\/batching\/outcome\.ts:\d+:\d+\)/);
  });
});

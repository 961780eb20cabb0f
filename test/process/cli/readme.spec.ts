import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';

const shell = promisify(execFile);

/** Every curl of a page, with the status that its comment promises: `# 201`. */
function examplesOf(page: string) {
  return readFileSync(page, 'utf8')
    .split('```')
    .filter((block) => /^(bash|sh)\n/.test(block) && block.includes('curl'))
    .flatMap((block) =>
      block
        .slice(block.indexOf('\n') + 1)
        .trim()
        .split(/\n\n+/),
    )
    .filter((example) => example.includes('curl'))
    .map((example) => ({ example, status: Number(/# (?:→ )?(\d{3})/.exec(example)?.[1]) }));
}

// The pages tell one story: each example works on what those before it have left behind.
describe.each(['README.md', 'README.ru.md'])('%s', (page) => {
  let database: TestDatabase;
  let service: Run;
  let url: string;

  beforeAll(async () => {
    database = await aDatabase();
    service = run('api', { DATABASE_URL: database.url });
    url = await service.ready();
  });
  afterAll(async () => {
    await service.end();
    await killLeftovers();
    await database.drop();
  });

  it.each(examplesOf(page))('has an example that works: $example', async ({ example, status }) => {
    expect(status).toBeGreaterThanOrEqual(200);
    const command = example
      .replaceAll('http://127.0.0.1:8000', url)
      .replace('curl', String.raw`curl -sS -w '\nstatus %{http_code}'`);
    const { stdout, stderr } = await shell('bash', ['-euc', command]);
    expect(stderr).toBe('');
    expect(stdout).toContain(`status ${status}`);
  });

  it('has an example of every operation', () => {
    const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
      paths: Record<string, object>;
    };
    const examples = examplesOf(page).map(({ example }) => example);
    for (const [path, operations] of Object.entries(paths)) {
      const pattern = new RegExp(
        `127\\.0\\.0\\.1:8000${path.replaceAll('{id}', '\\d+').replaceAll('{key}', '[^/]+')}(?=['"?\\s]|$)`,
      );
      for (const method of Object.keys(operations)) {
        const found = examples.filter(
          (example) => pattern.test(example) && methodOf(example) === method.toUpperCase(),
        );
        expect({ method, path, examples: found.length > 0 }).toEqual({ method, path, examples: true });
      }
    }
  });
});

function methodOf(example: string): string {
  return /-X (\w+)/.exec(example)?.[1] ?? (/ -d /.test(example) ? 'POST' : 'GET');
}

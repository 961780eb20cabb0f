import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aDataDirectory } from '../../support/embedded.js';
import { killLeftovers, run } from '../../support/processes.js';

const statusWith = async (url: string, key: string) =>
  (await fetch(`${url}/api/v1/incidents`, { headers: { 'X-Access-Key': key } })).status;

describe('access keys from the command line', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await aDatabase()));
  afterEach(killLeftovers);
  afterAll(() => database.drop());

  const keys = async (line: string, environment: Record<string, string> = { DATABASE_URL: database.url }) => {
    let secret = '';
    const program = run('keys', environment, { args: line.split(' ') });
    program.process.stdout!.on('data', (chunk) => (secret += String(chunk)));
    const code = await program.ended();
    return { code, stdout: secret.trim(), output: program.output() };
  };

  it('are made, listed, rotated and revoked', async () => {
    const service = run('api', { DATABASE_URL: database.url });
    const url = await service.ready();
    const created = await keys('create --name bot --role reader --acts-for-others --expires 2036-01-01');
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inc_1_[\w-]{43}$/) });
    expect(await statusWith(url, created.stdout)).toBe(200);

    const rotated = await keys('rotate 1');
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inc_2_[\w-]{43}$/) });
    expect(await keys('revoke 1')).toMatchObject({ code: 0, stdout: '' });
    const list = (await keys('list')).stdout.split('\n');
    expect(list[0]).toMatch(/^ID +NAME +ROLE +IMPERSONATES +STATE +CREATED +EXPIRES +LAST USED$/);
    expect(list[1]).toMatch(/^1 +bot +reader +yes +revoked +\S+Z +2036-01-01T00:00:00.000Z/);
    expect(list[2]).toMatch(/^2 +bot +reader +yes +live +\S+Z +- +-$/);
    expect(await statusWith(url, rotated.stdout)).toBe(200);
    expect(await service.end()).toBe(0);
  });

  it('are made beside a service with a database of its own, and without one', async () => {
    const data = aDataDirectory();
    const environment = { DATA_DIR: data.path };
    try {
      expect(await run('migrate', environment).ended()).toBe(0);
      const first = await keys('create --name early --role admin', environment);
      expect(first.code).toBe(0);
      const service = run('api', environment);
      const url = await service.ready();
      expect(await statusWith(url, first.stdout)).toBe(200);
      const second = await keys('create --name late --role reader', environment);
      expect(second.code).toBe(0);
      expect(await statusWith(url, second.stdout)).toBe(200);
      expect(await service.end()).toBe(0);
    } finally {
      await killLeftovers();
      data.remove();
    }
  });

  it('are made in production without the key of the environment, which is for those who serve', async () => {
    const made = await keys('create --name first --role admin', {
      DATABASE_URL: database.url,
      NODE_ENV: 'production',
    });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inc_/) });
    const migrate = run('migrate', { DATABASE_URL: database.url, NODE_ENV: 'production' });
    expect(await migrate.ended()).toBe(0);
    const service = run('api', { DATABASE_URL: database.url, NODE_ENV: 'production' });
    expect(await service.ended()).toBe(1);
    expect(service.output()).toContain('X_ACCESS_KEY must be set');
  });

  it.each([
    ['create --name a', '--role must be one of reader, reporter'],
    ['create --role reader', '--name must be 1 to 64'],
    ['create --name a --role reader --expires tomorrow', '--expires must be a date-time'],
    ['create --name a --role reader --expires 2020-01-01', 'expires_at must be in the future.'],
    ['create --name admin --role reader', 'A key named admin already exists'],
    ['rotate', 'the id of one key is needed'],
    ['rotate x', '"x" is no id of a key'],
    ['revoke 999', 'There is no access key 999.'],
    ['burn 1', 'there is no "burn" here'],
    ['list --colour', "Unknown option '--colour'"],
  ])('do not take "%s", and say why', async (line, reason) => {
    const { code, stdout, output } = await keys(line);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(output).toContain(reason);
    expect(output).not.toMatch(/\n +at /);
  });

  it('explain themselves', async () => {
    expect(await keys('--help', {})).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('npm run keys -- create'),
    });
  });
});

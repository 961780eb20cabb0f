import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aDataDirectory } from '../../support/embedded.js';
import { killLeftovers, run } from '../../support/processes.js';
import { aKeyPair, signed } from '../../support/signed-requests.js';

const statusWith = async (url: string, key: string) =>
  (await fetch(`${url}/api/v1/incidents`, { headers: { 'X-Access-Key': key } })).status;

describe('the command "keys"', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await aDatabase()));
  afterEach(killLeftovers);
  afterAll(() => database.drop());

  const keys = async (
    line: string,
    environment: Record<string, string> = { DATABASE_URL: database.url },
    input = '',
  ) => {
    let secret = '';
    const program = run('keys', environment, { args: line.split(' '), stdio: 'pipe' });
    program.process.stdin!.end(input);
    program.process.stdout!.on('data', (chunk) => (secret += String(chunk)));
    const code = await program.ended();
    return { code, stdout: secret.trim(), output: program.output() };
  };

  it('creates, lists, rotates and revokes keys', async () => {
    const service = run('api', { DATABASE_URL: database.url });
    const url = await service.ready();
    const created = await keys('create --name bot --role reader --can-impersonate --expires 2036-01-01');
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inc_1_[\w-]{43}$/) });
    expect(await statusWith(url, created.stdout)).toBe(200);

    const rotated = await keys('rotate 1');
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inc_2_[\w-]{43}$/) });
    expect(await keys('revoke 1')).toMatchObject({ code: 0, stdout: '' });
    const list = (await keys('list')).stdout.split('\n');
    expect(list[0]).toMatch(/^ID +NAME +ROLE +IMPERSONATES +SIGNATURE +STATE +CREATED +EXPIRES +LAST USED$/);
    expect(list[1]).toMatch(/^1 +bot +reader +yes +- +revoked +\S+Z +2036-01-01T00:00:00.000Z/);
    expect(list[2]).toMatch(/^2 +bot +reader +yes +- +live +\S+Z +- +-$/);
    expect(await statusWith(url, rotated.stdout)).toBe(200);
    expect(await service.end()).toBe(0);
  });

  it('creates keys that sign, and rotates them', async () => {
    const environment = { DATABASE_URL: database.url, X_ACCESS_KEY: 'the-key-of-the-service' };
    const signer = await keys('create --name signer --role reader --signed-only', environment);
    expect(signer).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inc_\d+_/) });
    const { base64, privateKey } = aKeyPair();
    const created = await keys(`create --name exporter --role reader --public-key ${base64}`);
    expect(created).toMatchObject({ code: 0, stdout: '' });
    const id = Number(/Created key (\d+) /.exec(created.output)![1]);
    const list = (await keys('list')).stdout;
    expect(list).toMatch(/ signer +reader +- +required +live /);
    expect(list).toMatch(/ exporter +reader +- +ed25519 +live /);
    expect(await keys(`rotate ${id}`)).toMatchObject({
      code: 1,
      output: expect.stringContaining('public_key'),
    });
    expect(await keys(`rotate ${id} --public-key ${aKeyPair().base64}`)).toMatchObject({
      code: 0,
      stdout: '',
    });

    const service = run('api', environment);
    const url = `${await service.ready()}/api/v1/incidents`;
    const [, signerId] = signer.stdout.split('_');
    for (const key of [
      { id: Number(signerId), secret: signer.stdout },
      { id, privateKey },
    ])
      expect((await fetch(url, signed(key, { url }))).status).toBe(200);
    expect(await service.end()).toBe(0);
  });

  it('works on the embedded database, whether the service is running or not', async () => {
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

  it('sets and removes the webhook secret of a key, which is nowhere in its output', async () => {
    const environment = { DATABASE_URL: database.url, X_ACCESS_KEY: 'the-key-of-the-service' };
    const { stdout } = await keys('create --name grafana --role reporter', environment);
    const id = /^inc_(\d+)_/.exec(stdout)![1]!;
    const sealed = async () => {
      const [row] = await database.query(
        'SELECT sealed_webhook_secret AS secret FROM access_keys WHERE id = $1',
        [id],
      );
      return (row as { secret: Buffer | null }).secret;
    };
    const set = await keys(`webhook-secret ${id}`, environment, 'shared-with-grafana\n');
    expect(set).toMatchObject({ code: 0, stdout: '' });
    expect(set.output).toContain(`Set the webhook secret of key ${id} (grafana).`);
    expect(set.output).not.toContain('shared-with-grafana');
    const stored = await sealed();
    expect(stored!.length).toBeGreaterThan('shared-with-grafana'.length);
    expect(stored!.includes('shared-with-grafana')).toBe(false);
    for (const input of ['', 'with space', 'x'.repeat(257)]) {
      const refused = await keys(`webhook-secret ${id}`, environment, input);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.output).toContain('1 to 256 visible ASCII characters');
    }
    // Without what encrypts it, a secret is not stored, and not removed either.
    const unsealed = await keys(`webhook-secret ${id}`, undefined, 'another-secret\n');
    expect(unsealed).toMatchObject({ code: 1, stdout: '' });
    expect(unsealed.output).toContain('by SIGNING_SECRET or, without it, X_ACCESS_KEY');
    expect(await sealed()).toEqual(stored);
    expect(await keys(`webhook-secret ${id} --remove`)).toMatchObject({ code: 0 });
    expect(await sealed()).toBeNull();
  });

  it('needs no X_ACCESS_KEY in production, which only the service needs', async () => {
    const created = await keys('create --name first --role admin', {
      DATABASE_URL: database.url,
      NODE_ENV: 'production',
    });
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inc_/) });
    const migrate = run('migrate', { DATABASE_URL: database.url, NODE_ENV: 'production' });
    expect(await migrate.ended()).toBe(0);
    const service = run('api', { DATABASE_URL: database.url, NODE_ENV: 'production' });
    expect(await service.ended()).toBe(1);
    expect(service.output()).toContain('X_ACCESS_KEY must be set');
  });

  it.each([
    ['create --name a', "required option '--role <role>' not specified"],
    ['create --name a --role king', 'Allowed choices are reader, reporter, operator'],
    ['create --name - --role reader', 'It must be 1 to 64 of A-Z'],
    ['create --name a --role reader --expires tomorrow', 'It must be a date-time'],
    ['create --name a --role reader --expires 2020-01-01', 'expires_at must be in the future.'],
    ['create --name admin --role reader', 'An active key has the name admin'],
    ['create --name a --role reader --public-key AAAA', 'It must be an Ed25519 public key'],
    ['create --name a --role reader --signed-only', 'by SIGNING_SECRET or, without it, X_ACCESS_KEY'],
    ['rotate', "missing required argument 'id'"],
    ['rotate x', 'It must be the id of a key, such as 3.'],
    ['webhook-secret 999 --remove', 'There is no access key 999.'],
    ['revoke 999', 'There is no access key 999.'],
    ['burn 1', 'unknown command burn'],
    ['revoke 1 2', 'unexpected argument 2'],
    ['list --colour', "unknown option '--colour'"],
  ])('rejects "%s" with exit code 1 and "%s"', async (line, reason) => {
    const { code, stdout, output } = await keys(line);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(output).toContain(reason);
    expect(output).not.toMatch(/\n +at /);
  });

  it('prints its usage with --help', async () => {
    expect(await keys('--help', {})).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('npm run --silent keys -- create'),
    });
  });
});

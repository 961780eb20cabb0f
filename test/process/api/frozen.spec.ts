import { connect } from 'node:net';
import { once } from 'node:events';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { pause } from '../../support/pause.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const KEY = 'a-key-that-only-tests-know';

describe('an api process that was frozen (SIGSTOP)', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await aDatabase()));
  afterAll(async () => {
    await killLeftovers();
    await database.drop();
  });

  it('rejects a key that was revoked more than 5 s before it continues', async () => {
    const { host, port, user, database: name, password } = database.connection;
    const url = `postgres://${user}:${String(password ?? '')}@/${name}?host=${encodeURIComponent(host!)}&port=${port}`;
    const api = run('api', { DATABASE_URL: url, X_ACCESS_KEY: KEY });
    const address = new URL(await api.ready());
    const issued = await fetch(new URL('/api/v1/keys', address), {
      method: 'POST',
      headers: { 'X-Access-Key': KEY, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'frozen', role: 'reader' }),
    });
    const { id, secret } = (await issued.json()) as { id: number; secret: string };
    const socket = connect(Number(address.port), address.hostname);
    await once(socket, 'connect');
    const sendRequest = () =>
      socket.write(`GET /api/v1/incidents HTTP/1.1\r\nHost: localhost\r\nX-Access-Key: ${secret}\r\n\r\n`);
    let answers = '';
    socket.on('data', (chunk) => (answers += String(chunk)));
    const statuses = () => [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    const answered = (count: number) => until(() => statuses().length === count);
    sendRequest();
    await answered(1);
    api.process.kill('SIGSTOP');
    await database.query('UPDATE access_keys SET revoked_at = now() WHERE id = $1', [id]);
    await pause(5_100, 'a key may stay valid for 5 s after its revocation');
    sendRequest();
    api.process.kill('SIGCONT');
    await answered(2);
    expect(statuses()).toEqual(['200', '401']);
    socket.destroy();
    expect(await api.end()).toBe(0);
  });
});

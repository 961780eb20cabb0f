import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, expectBalanced } from '../support/accounts.js';
import { anAlertmanager, hasAlertmanager, type TestAlertmanager } from '../support/alertmanager.js';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { aPort } from '../support/ports.js';
import { killLeftovers, type Run, run } from '../support/processes.js';

const KEY = 'a-key-that-only-tests-know';

/** How long the service is away, in milliseconds. */
const ABSENCE = 20_000;

(hasAlertmanager ? describe : describe.skip)('a real Alertmanager', () => {
  let database: TestDatabase;
  let service: Run;
  let alertmanager: TestAlertmanager;
  let url: string;
  let start: () => Promise<void>;

  beforeAll(async () => {
    database = await aDatabase();
    const port = String(await aPort());
    start = async () => {
      service = run('api', { DATABASE_URL: database.url, X_ACCESS_KEY: KEY, PORT: port });
      url = await service.ready();
    };
    await start();
    alertmanager = await anAlertmanager(`
route:
  receiver: incidents
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 2s
receivers:
  - name: incidents
    webhook_configs:
      - url: ${url}/api/v1/intake/alertmanager
        http_config:
          authorization:
            credentials: ${KEY}
`);
  });
  afterAll(async () => {
    await alertmanager.stop();
    await killLeftovers();
    await database.drop();
  });

  const get = async (path: string) => (await fetch(url + path, { headers: { 'X-Access-Key': KEY } })).text();
  const incidents = async (): Promise<any[]> => JSON.parse(await get('/api/v1/incidents?sort=created_at'));
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await sleep(100);
  };
  const alert = (alertname: string, more: object = {}) => ({
    labels: { alertname },
    annotations: { summary: `Беда с ${alertname}` },
    ...more,
  });
  const resolved = (alertname: string) => alert(alertname, { endsAt: new Date().toISOString() });

  it('has its alerts reported, repeated and resolved, and loses none while the service is away', async () => {
    await alertmanager.tell([alert('first')]);
    await until(async () => (await incidents())[0]?.occurrences > 1);
    expect((await incidents())[0]).toMatchObject({
      status: 'NEW',
      source: 'monitoring',
      channel: 'alertmanager',
      description: 'first: Беда с first',
    });
    await alertmanager.tell([resolved('first')]);
    await until(async () => (await incidents())[0].status === 'RESOLVED');

    await service.end('SIGKILL');
    await alertmanager.tell([alert('second'), alert('third')]);
    await sleep(ABSENCE);
    await start();
    await until(async () => (await incidents()).length === 3);
    const descriptions: string[] = (await incidents()).map(({ description }) => description);
    expect(descriptions.toSorted()).toEqual([
      'first: Беда с first',
      'second: Беда с second',
      'third: Беда с third',
    ]);

    await alertmanager.tell([alert('first')]);
    await until(async () => (await incidents())[0].status === 'IN_PROGRESS');
    const events = JSON.parse(await get(`/api/v1/incidents/${(await incidents())[0].id}/events`));
    expect(events.at(-1)).toMatchObject({ type: 'recurred', actor: 'alertmanager' });

    // Each alert alone has an account, so that the whole is right at every moment between two of them.
    await alertmanager.stop();
    await sleep(200);
    expectBalanced(accountOf(await get('/metrics'), 'alertmanager'));
    alertmanager = { ...alertmanager, stop: async () => undefined };
  }, 90_000);
});

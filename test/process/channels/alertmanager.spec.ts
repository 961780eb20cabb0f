import { setTimeout as sleep } from 'node:timers/promises';
import { intakeCountsAt, storedCountsIn, inFlight, sumOf } from '../../support/accounts.js';
import { anAlertmanager, hasAlertmanager, type TestAlertmanager } from '../../support/alertmanager.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aPort } from '../../support/ports.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';

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
  /** The accounts of the service once it has nothing in hand. */
  const settledAccount = async () => {
    let account = await intakeCountsAt(url, 'alertmanager', KEY);
    while (inFlight(account) > 0) {
      await sleep(100);
      account = await intakeCountsAt(url, 'alertmanager', KEY);
    }
    expect(account.received).toBeGreaterThan(0);
    return account;
  };
  const alert = (alertname: string, more: object = {}) => ({
    labels: { alertname },
    annotations: { summary: `Беда с ${alertname}` },
    ...more,
  });
  const resolved = (alertname: string) => alert(alertname, { endsAt: new Date().toISOString() });

  it('has its alerts reported, repeated and resolved, and loses none while the service is away', async () => {
    await alertmanager.postAlerts([alert('first')]);
    await until(async () => (await incidents())[0]?.occurrences > 1);
    expect((await incidents())[0]).toMatchObject({
      status: 'NEW',
      source: 'monitoring',
      channel: 'alertmanager',
      description: expect.stringMatching(/^first: Беда с first\nStarted: .+Z\n(.*\n)*Sent by: http:/),
    });
    await alertmanager.postAlerts([resolved('first')]);
    await until(async () => (await incidents())[0].status === 'RESOLVED');

    const firstLife = await settledAccount();
    await service.end('SIGKILL');
    await alertmanager.postAlerts([alert('second'), alert('third')]);
    await sleep(ABSENCE);
    await start();
    await until(async () => (await incidents()).length === 3);
    const descriptions: string[] = (await incidents()).map(({ description }) => description.split('\n')[0]);
    expect(descriptions.toSorted()).toEqual([
      'first: Беда с first',
      'second: Беда с second',
      'third: Беда с third',
    ]);

    await alertmanager.postAlerts([alert('first')]);
    await until(async () => (await incidents())[0].status === 'IN_PROGRESS');
    const events = JSON.parse(await get(`/api/v1/incidents/${(await incidents())[0].id}/events`));
    expect(events.at(-1)).toMatchObject({ type: 'reopened', actor: 'alertmanager' });

    await alertmanager.stop();
    alertmanager = { ...alertmanager, stop: async () => undefined };
    const account = sumOf([firstLife, await settledAccount()]);
    const evidence = await storedCountsIn(database, 'alertmanager');
    // Nothing was burning when the service was killed, so that nothing came between the last look and the kill.
    expect(account).toMatchObject({ created: evidence.incidents, quarantined: 0 });
    // Bounds, since Alertmanager sends again what it gets no answer to in time: that repeats a request, and no report.
    expect(account.duplicate).toBeGreaterThanOrEqual(evidence.furtherReports);
    expect(account.updated).toBeGreaterThanOrEqual(1);
  }, 90_000);
});

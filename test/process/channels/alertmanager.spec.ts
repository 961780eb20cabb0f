import { intakeCountsAt, storedCountsIn, inFlight, sumOf } from '../../support/intake-counts.js';
import { anAlertmanager, hasAlertmanager, type TestAlertmanager } from '../../support/alertmanager.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aPort } from '../../support/ports.js';
import { pause } from '../../support/pause.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const KEY = 'a-key-that-only-tests-know';

/** How long the service is down: longer than the 10 s after which Alertmanager gives up a notification, and sends it anew. */
const DOWNTIME_MS = 12_000;

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
  /** The counts of the service once nothing is in flight. */
  const finalCounts = async () => {
    const settled = async () => {
      const counts = await intakeCountsAt(url, 'alertmanager', KEY);
      return inFlight(counts) === 0 && counts;
    };
    const counts = await until(settled);
    expect(counts.received).toBeGreaterThan(0);
    return counts;
  };
  const alert = (alertname: string, more: object = {}) => ({
    labels: { alertname },
    annotations: { summary: `Беда с ${alertname}` },
    ...more,
  });
  const resolved = (alertname: string) => alert(alertname, { endsAt: new Date().toISOString() });

  it('delivers, repeats and resolves alerts, and loses none while the service is down', async () => {
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

    const beforeKill = await finalCounts();
    await service.end('SIGKILL');
    await alertmanager.postAlerts([alert('second'), alert('third')]);
    await pause(DOWNTIME_MS, 'Alertmanager retries a notification for 10 s, and begins again');
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
    const counts = sumOf([beforeKill, await finalCounts()]);
    const stored = await storedCountsIn(database, 'alertmanager');
    // No alert fired when the service was killed: nothing was received between the last reading and the kill.
    expect(counts).toMatchObject({ created: stored.incidents, quarantined: 0 });
    // Bounds, since Alertmanager retries requests without a timely response: such a retry is a replay, not a further report.
    expect(counts.duplicate).toBeGreaterThanOrEqual(stored.furtherReports);
    expect(counts.updated).toBeGreaterThanOrEqual(1);
  }, 90_000);
});

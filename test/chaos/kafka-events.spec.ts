import { aDatabase, type TestDatabase } from '../support/databases.js';
import {
  aKafka,
  hasKafka,
  canRestartKafka,
  KAFKA_STARTUP_TIMEOUT_MS,
  type TestKafka,
  workerOn,
} from '../support/kafka.js';
import { untilPlaced } from '../support/feed.js';
import { killLeftovers, run, type Run } from '../support/processes.js';
import { until } from '../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const TIMEOUT = 300_000;

interface SentEvent {
  readonly id: string;
  readonly incident_id: number;
  readonly seq: number;
}

(hasKafka ? describe : describe.skip)('the events topic', () => {
  let kafka: TestKafka;
  let database: TestDatabase;
  let prefix: string;
  let tests = 0;

  beforeAll(async () => (kafka = await aKafka()), KAFKA_STARTUP_TIMEOUT_MS);
  beforeEach(async () => {
    database = await aDatabase();
    prefix = `${kafka.prefix}-${++tests}`;
  });
  afterEach(async () => {
    await killLeftovers();
    await database.drop();
  });
  afterAll(() => kafka.stop());

  const startWorker = async (): Promise<Run> => {
    const worker = run('worker', workerOn(kafka, database, prefix));
    await worker.ready();
    return worker;
  };
  const api = async () => {
    const service = run('api', { DATABASE_URL: database.url });
    const url = await service.ready();
    return async (method: string, path: string, json: unknown) => {
      const init = { method, headers, body: JSON.stringify(json) };
      const answer = await fetch(`${url}/api/v1/incidents${path}`, init);
      return (await answer.json()) as { id: number };
    };
  };
  /** The number of events that the relay has not sent; 0 if it was never started. */
  const pending = async () => {
    await untilPlaced(database);
    const [found] = await database.query<{ lag: number }>(
      `SELECT (latest - position)::int AS lag FROM feed_consumers, feed_state WHERE name = 'kafka'`,
    );
    return found?.lag ?? 0;
  };
  const allSent = () => until(async () => (await pending()) === 0, { timeoutMs: 120_000 });

  /** All events in the topic; an event may be in it more than once. */
  const sent = async () => {
    const messages = await kafka.read(`${prefix}.events`);
    const events = messages.map(({ value }) => JSON.parse(String(value)) as SentEvent);
    messages.forEach(({ key }, i) => expect(String(key)).toBe(String(events[i]!.incident_id)));
    return events;
  };
  /** Each event once, in the order in which it was first sent. */
  const firstsOf = (events: readonly SentEvent[]) => {
    const known = new Set<string>();
    return events.filter(({ id }) => !known.has(id) && known.add(id));
  };

  /** Expects each event of the history in the topic, those of an incident in order; resolves with the number of messages. */
  const expectAll = async () => {
    const events = await sent();
    const firsts = firstsOf(events);
    const history = await database.query<{ id: string }>(
      `SELECT incident_id || '-' || seq AS id FROM incident_events`,
    );
    expect(firsts.map(({ id }) => id).toSorted()).toEqual(history.map(({ id }) => id).toSorted());
    const seen = new Map<number, number>();
    for (const { incident_id: incident, seq } of firsts) {
      expect(seq).toBe((seen.get(incident) ?? 0) + 1);
      seen.set(incident, seq);
    }
    return events.length;
  };

  it('has every event of the history since the first start of a worker', async () => {
    const call = await api();
    await call('POST', '', { description: 'before', source: 'operator' });
    expect(await pending()).toBe(0);
    const worker = await startWorker();
    const { id } = await call('POST', '', { description: 'a', source: 'operator' });
    await call('PATCH', `/${id}`, { status: 'IN_PROGRESS', description_append: 'b' });
    await allSent();
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const by = { actor: 'admin', access_key: 'admin', access_key_id: null, channel: 'rest' };
    const common = { incident_id: id, at, ...by };
    expect(firstsOf(await sent())).toEqual([
      { id: `${id}-1`, seq: 1, type: 'reported', text: 'a', ...common },
      { id: `${id}-2`, seq: 2, type: 'status_changed', from: 'NEW', to: 'IN_PROGRESS', ...common },
      { id: `${id}-3`, seq: 3, type: 'description_appended', text: 'b', ...common },
    ]);
    expect(await worker.end()).toBe(0);

    await call('PATCH', `/${id}`, { description_append: 'while no worker ran' });
    expect(await pending()).toBe(1);
    const next = await startWorker();
    await allSent();
    expect(await next.end()).toBe(0);
    expect(firstsOf(await sent()).map(({ id: event }) => event)).toEqual(
      [1, 2, 3, 4].map((seq) => `${id}-${seq}`),
    );
  });

  /** Creates incidents with several changes each until it is stopped. */
  const startLoad = (call: Awaited<ReturnType<typeof api>>) => {
    let created = 0;
    const stopping = new AbortController();
    const client = async () => {
      while (!stopping.signal.aborted) {
        const { id } = await call('POST', '', { description: 'a', source: 'partner' });
        for (let n = 0; n < 4; n++) await call('PATCH', `/${id}`, { description_append: `${n}` });
        created++;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    return {
      created: () => created,
      stop: async () => {
        stopping.abort();
        await Promise.all(clients);
      },
    };
  };

  it(
    'is complete and in order while workers start, stop and are killed',
    async () => {
      const call = await api();
      let workers = [await startWorker(), await startWorker()];
      const load = startLoad(call);
      for (let kill = 0; kill < 3; kill++) {
        const before = load.created();
        await until(() => load.created() >= before + 100, { timeoutMs: 60_000 });
        expect(await workers[0]!.end('SIGKILL')).toBe('SIGKILL');
        workers = [workers[1]!, await startWorker()];
      }
      await load.stop();
      for (const worker of workers) expect(await worker.end()).toBe(0);
      const last = await startWorker();
      await allSent();
      expect(await last.end()).toBe(0);
      expect(await expectAll()).toBeGreaterThan(1_500);
    },
    TIMEOUT,
  );

  (canRestartKafka ? it : it.skip)(
    'receives the remaining events after a restart of the broker',
    async () => {
      const call = await api();
      const worker = await startWorker();
      const load = startLoad(call);
      await until(() => load.created() >= 50, { timeoutMs: 60_000 });
      await kafka.restart();
      const atRestart = load.created();
      await until(() => load.created() >= atRestart + 50, { timeoutMs: 60_000 });
      await load.stop();
      await allSent();
      await expectAll();
      expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );
});

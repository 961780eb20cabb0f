import { setTimeout as sleep } from 'node:timers/promises';
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

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const TIMEOUT = 300_000;

interface Told {
  readonly id: string;
  readonly incident_id: number;
  readonly seq: number;
}

(hasKafka ? describe : describe.skip)('the events of the register on Kafka', () => {
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

  const work = async (): Promise<Run> => {
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
  /** Events that the relay has not sent; 0 where none was ever started. */
  const waiting = async () => {
    await untilPlaced(database);
    const [found] = await database.query<{ lag: number }>(
      `SELECT (latest - position)::int AS lag FROM feed_consumers, feed_state WHERE name = 'kafka'`,
    );
    return found?.lag ?? 0;
  };
  const allSent = async () => {
    while ((await waiting()) > 0) await sleep(50);
  };

  /** All that is in the topic: an event may be sent more than once. */
  const sent = async () => {
    const messages = await kafka.read(`${prefix}.events`);
    const told = messages.map(({ value }) => JSON.parse(String(value)) as Told);
    messages.forEach(({ key }, i) => expect(String(key)).toBe(String(told[i]!.incident_id)));
    return told;
  };
  /** Each event once, in the order in which they were sent first. */
  const firstsOf = (told: readonly Told[]) => {
    const known = new Set<string>();
    return told.filter(({ id }) => !known.has(id) && known.add(id));
  };

  /** What is in the topic: each event of the history, and those of an incident in order, however often they were sent. */
  const expectAll = async () => {
    const told = await sent();
    const firsts = firstsOf(told);
    const history = await database.query<{ id: string }>(
      `SELECT incident_id || '-' || seq AS id FROM incident_events`,
    );
    expect(firsts.map(({ id }) => id).toSorted()).toEqual(history.map(({ id }) => id).toSorted());
    const seen = new Map<number, number>();
    for (const { incident_id: incident, seq } of firsts) {
      expect(seq).toBe((seen.get(incident) ?? 0) + 1);
      seen.set(incident, seq);
    }
    return told.length;
  };

  it('say what the history says, from the first start of a worker on', async () => {
    const call = await api();
    await call('POST', '', { description: 'before', source: 'operator' });
    expect(await waiting()).toBe(0);
    const worker = await work();
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

    await call('PATCH', `/${id}`, { description_append: 'while no worker was there' });
    expect(await waiting()).toBe(1);
    const next = await work();
    await allSent();
    expect(await next.end()).toBe(0);
    expect(firstsOf(await sent()).map(({ id: event }) => event)).toEqual(
      [1, 2, 3, 4].map((seq) => `${id}-${seq}`),
    );
  });

  /** Incidents with several changes each, made all the while until told to stop. */
  const change = (call: Awaited<ReturnType<typeof api>>) => {
    let made = 0;
    const stopping = new AbortController();
    const client = async () => {
      while (!stopping.signal.aborted) {
        const { id } = await call('POST', '', { description: 'a', source: 'partner' });
        for (let n = 0; n < 4; n++) await call('PATCH', `/${id}`, { description_append: `${n}` });
        made++;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    return {
      made: () => made,
      stop: async () => {
        stopping.abort();
        await Promise.all(clients);
      },
    };
  };

  it(
    'are complete and in order, though workers come, go and are killed',
    async () => {
      const call = await api();
      let workers = [await work(), await work()];
      const load = change(call);
      for (let kill = 0; kill < 3; kill++) {
        const before = load.made();
        while (load.made() < before + 100) await sleep(20);
        expect(await workers[0]!.end('SIGKILL')).toBe('SIGKILL');
        workers = [workers[1]!, await work()];
      }
      await load.stop();
      for (const worker of workers) expect(await worker.end()).toBe(0);
      const last = await work();
      await allSent();
      expect(await last.end()).toBe(0);
      expect(await expectAll()).toBeGreaterThan(1_500);
    },
    TIMEOUT,
  );

  (canRestartKafka ? it : it.skip)(
    'wait for a broker that is away',
    async () => {
      const call = await api();
      const worker = await work();
      const load = change(call);
      while (load.made() < 50) await sleep(20);
      await kafka.restart();
      const then = load.made();
      while (load.made() < then + 50) await sleep(20);
      await load.stop();
      await allSent();
      await expectAll();
      expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );
});

import { canRestartKafka, hasKafka } from '../support/kafka.js';
import { kafkaWorkersOnOwnBroker } from '../support/kafka-workers.js';
import { untilPlaced } from '../support/feed.js';
import { run } from '../support/processes.js';
import { until } from '../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const TIMEOUT = 300_000;
const SENT_TIMEOUT_MS = 120_000;
const LOAD_TIMEOUT_MS = 60_000;

interface SentEvent {
  readonly id: string;
  readonly incident_id: number;
  readonly seq: number;
}

(hasKafka ? describe : describe.skip)('the events topic', () => {
  const { workers, restartBroker } = kafkaWorkersOnOwnBroker();

  const api = async () => {
    const service = run('api', { DATABASE_URL: workers.database.url });
    const url = await service.ready();
    return async (method: string, path: string, json: unknown) => {
      const init = { method, headers, body: JSON.stringify(json) };
      const answer = await fetch(`${url}/api/v1/incidents${path}`, init);
      return (await answer.json()) as { id: number };
    };
  };
  /** The number of events that the relay has not sent; 0 if it was never started. */
  const pending = async () => {
    await untilPlaced(workers.database);
    const [found] = await workers.database.query<{ lag: number }>(
      `SELECT (latest - position)::int AS lag FROM feed_consumers, feed_state WHERE name = 'kafka'`,
    );
    return found?.lag ?? 0;
  };
  const allSent = () =>
    until(async () => (await pending()) === 0, { timeoutMs: SENT_TIMEOUT_MS, intervalMs: 50 });

  /** All events in the topic; an event may be in it more than once. */
  const sent = async () => {
    const messages = await workers.kafka.read(`${workers.prefix}.events`);
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
    const history = await workers.database.query<{ id: string }>(
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
    const worker = await workers.start();
    const { id } = await call('POST', '', { description: 'a', source: 'operator' });
    await call('PATCH', `/${id}`, { status: 'IN_PROGRESS', description_append: 'b' });
    await allSent();
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const by = { actor: 'admin', access_key: 'admin', access_key_id: null, channel: 'rest' };
    const common = { incident_id: id, at, ...by };
    expect(firstsOf(await sent())).toEqual([
      { id: `${id}-1`, seq: 1, type: 'reported', text: 'a', ...common },
      {
        id: `${id}-2`,
        seq: 2,
        type: 'status_changed',
        from: 'NEW',
        to: 'IN_PROGRESS',
        assignee: 'admin',
        ...common,
      },
      { id: `${id}-3`, seq: 3, type: 'description_appended', text: 'b', ...common },
    ]);
    expect(await worker.end()).toBe(0);

    await call('PATCH', `/${id}`, { description_append: 'while no worker ran' });
    expect(await pending()).toBe(1);
    const next = await workers.start();
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
      let running = [await workers.start(), await workers.start()];
      const load = startLoad(call);
      for (let kill = 0; kill < 3; kill++) {
        const before = load.created();
        await until(() => load.created() >= before + 100, { timeoutMs: LOAD_TIMEOUT_MS });
        expect(await running[0]!.end('SIGKILL')).toBe('SIGKILL');
        running = [running[1]!, await workers.start()];
      }
      await load.stop();
      for (const worker of running) expect(await worker.end()).toBe(0);
      const last = await workers.start();
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
      const worker = await workers.start();
      const load = startLoad(call);
      await until(() => load.created() >= 50, { timeoutMs: LOAD_TIMEOUT_MS });
      await restartBroker();
      const atRestart = load.created();
      await until(() => load.created() >= atRestart + 50, { timeoutMs: LOAD_TIMEOUT_MS });
      await load.stop();
      await allSent();
      await expectAll();
      expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );
});

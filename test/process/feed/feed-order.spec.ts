import { Client } from 'pg';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { type EventStreamReader, openEventStream } from '../../support/event-stream.js';
import { feedOrder, LOCK_PLACING } from '../../support/feed.js';
import { pause } from '../../support/pause.js';
import { killLeftovers, run, type Run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const KEY = { 'X-Access-Key': 'key' };
const WRITERS = 8;
const WRITING_MS = 8_000;
/** Incidents that all writers change. */
const SHARED = 5;

/** A client that reads the feed until it is stopped, even if the process that it reads from is killed. */
interface Reader {
  readonly name: string;
  /** The ids of the received events, such as `17-2`, in order. */
  readonly seen: string[];
  stop(): Promise<void>;
}

describe('the event feed of three processes', () => {
  let database: TestDatabase;
  const processes: Run[] = [];
  const urls: string[] = [];
  const readers: Reader[] = [];

  beforeEach(async () => {
    database = await aDatabase();
    for (let i = 0; i < 3; i++) await start(i);
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.stop()));
    await killLeftovers();
    await database.drop();
  });

  const start = async (i: number) => {
    processes[i] = run('api', { DATABASE_URL: database.url });
    urls[i] = await processes[i]!.ready();
  };

  /** Follows the pages of a process, and retries if it gets no response. */
  const readPages = (i: number, query: string): Reader => {
    const stopping = new AbortController();
    const seen: string[] = [];
    const read = async () => {
      for (let after = 'oldest'; !stopping.signal.aborted;) {
        const answer = await fetch(`${urls[i]}/api/v1/events?after=${after}&${query}`, {
          headers: KEY,
        }).catch(() => undefined);
        const page = (await answer?.json().catch(() => undefined)) as
          { events: { id: string }[]; next: string } | undefined;
        if (answer?.status !== 200 || !page) {
          await pause(50, 'a client does not retry at once');
          continue;
        }
        seen.push(...page.events.map(({ id }) => id));
        after = page.next;
      }
    };
    const reading = read();
    return {
      name: `pages of ${i}, ${query}`,
      seen,
      stop: async () => {
        stopping.abort();
        await reading;
      },
    };
  };

  /** Follows the stream of a process, and resumes it after the last event when it ends. */
  const readStream = (i: number): Reader => {
    const stopping = new AbortController();
    const streams: EventStreamReader[] = [];
    const read = async () => {
      for (let last: string | undefined; !stopping.signal.aborted;) {
        const headers = { ...KEY, ...(last !== undefined && { 'Last-Event-ID': last }) };
        const stream = await openEventStream(urls[i]!, { query: '?after=oldest', headers }).catch(
          () => undefined,
        );
        if (stream) {
          streams.push(stream);
          if (stopping.signal.aborted) stream.close();
          await stream.ended;
          last = stream.received.at(-1)?.id ?? last;
        }
        await pause(50, 'a client does not reconnect at once');
      }
    };
    const reading = read();
    return {
      name: `stream of ${i}`,
      get seen() {
        return streams
          .flatMap(({ received }) => received)
          .filter(({ name }) => name !== 'heartbeat')
          .map(({ name, data }) => (name === 'message' ? (data.id as string) : name));
      },
      stop: async () => {
        stopping.abort();
        streams.at(-1)?.close();
        await reading;
      },
    };
  };

  /** Creates incidents and changes shared ones, with pauses inside its transactions; it rolls back some of them. */
  const write = async (seed: number, untilMs: number) => {
    const client = new Client(database.connection);
    await client.connect();
    let state = seed;
    // The same pauses in every run.
    const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    const change = async (id: number) => {
      const { rows } = await client.query<{ version: number }>(
        'UPDATE incidents SET version = version + 1, updated_at = now() WHERE id = $1 RETURNING version',
        [id],
      );
      await client.query(
        `INSERT INTO incident_events (incident_id, seq, type, at, actor, text) VALUES ($1, $2, 'description_appended', now(), 'w', 'a')`,
        [id, rows[0]!.version],
      );
    };
    while (Date.now() < untilMs) {
      await client.query('BEGIN');
      const { rows } = await client.query<{ id: number }>(
        `INSERT INTO incidents (description, status, source, version, created_at, updated_at)
         VALUES ('a', 'NEW', 'operator', 1, now(), now()) RETURNING id`,
      );
      const { id } = rows[0]!;
      await client.query(
        `INSERT INTO incident_events (incident_id, seq, type, at, actor, text) VALUES ($1, 1, 'reported', now(), 'w', 'a')`,
        [id],
      );
      await pause(random() * 40, 'transactions overlap');
      if (random() < 0.5) await change(id);
      // Another writer of the same incident waits for this transaction.
      if (random() < 0.5) await change(1 + Math.floor(random() * SHARED));
      await pause(random() * 40, 'transactions overlap');
      await client.query(random() < 0.25 ? 'ROLLBACK' : 'COMMIT');
    }
    await client.end();
  };

  it('is the same for every reader while processes are killed: each event once, and the events of an incident in order', async () => {
    for (let i = 0; i < SHARED; i++) {
      await fetch(`${urls[0]}/api/v1/incidents`, {
        method: 'POST',
        headers: { ...KEY, 'Content-Type': 'application/json' },
        body: '{"description":"shared","source":"operator"}',
      });
    }
    readers.push(readPages(0, 'limit=7'), readPages(1, 'limit=200'), readPages(2, 'limit=200&wait=1'));
    readers.push(readStream(0), readStream(1), readStream(2));
    const end = Date.now() + WRITING_MS;
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, n) => write(n + 1, end)));
    // Each process is killed in turn, so the one that places events is among them.
    for (let i = 0; i < 3; i++) {
      await pause(WRITING_MS / 5, 'the process places events for so long before it is killed');
      expect(await processes[i]!.end('SIGKILL')).toBe('SIGKILL');
      await start(i);
    }
    await writing;

    const history = (
      await database.query<{ id: string }>(`SELECT incident_id || '-' || seq AS id FROM incident_events`)
    ).map(({ id }) => id);
    expect(history.length).toBeGreaterThan(300);
    await until(async () => (await feedOrder(database)).length >= history.length);
    const order = await feedOrder(database);
    expect(order.toSorted()).toEqual(history.toSorted());
    await until(() => readers.every(({ seen }) => seen.length >= order.length));
    const ended = readers.splice(0);
    await Promise.all(ended.map((reader) => reader.stop()));
    for (const { name, seen } of ended) expect({ name, seen }).toEqual({ name, seen: order });

    const last = new Map<string, number>();
    for (const id of order) {
      const [incident, seq] = id.split('-');
      expect(Number(seq)).toBe((last.get(incident!) ?? 0) + 1);
      last.set(incident!, Number(seq));
    }
  }, 90_000);

  it('contains the events of a process that was killed right after its commit', async () => {
    // No process can place events while this lock is held.
    const holder = new Client(database.connection);
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(LOCK_PLACING);
    const answer = await fetch(`${urls[0]}/api/v1/incidents`, {
      method: 'POST',
      headers: { ...KEY, 'Content-Type': 'application/json' },
      body: '{"description":"a","source":"operator"}',
    });
    expect(answer.status).toBe(201);
    await processes[0]!.end('SIGKILL');
    await pause(1_500, 'each process tries to place events at least every second');
    expect(await feedOrder(database)).toEqual([]);
    await holder.end();
    const page = await fetch(`${urls[1]}/api/v1/events?wait=5`, { headers: KEY });
    expect(await page.json()).toMatchObject({ events: [{ id: '1-1' }] });
  });
});

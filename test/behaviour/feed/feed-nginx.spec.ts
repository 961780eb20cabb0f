import { type EventStreamReader, openEventStream } from '../../support/event-stream.js';
import { anNginx, hasNginx, type Nginx } from '../../support/nginx.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

(hasNginx ? describe : describe.skip)(
  'the event feed behind an nginx with the configuration of Debian',
  () => {
    let service: Service;
    let nginx: Nginx;
    const streams: EventStreamReader[] = [];

    const open = async (headers: Record<string, string> = {}) => {
      const stream = await openEventStream(nginx.url, { headers });
      streams.push(stream);
      return stream;
    };
    const openCount = async () =>
      Number(/^event_streams_open (\d+)$/m.exec((await service.get('/metrics')).text)?.[1]);

    beforeAll(async () => {
      service = await startService();
      nginx = await anNginx(service.url);
    });
    afterEach(() => streams.splice(0).forEach((stream) => stream.close()));
    afterAll(async () => {
      await nginx.stop();
      await service.stop();
    });

    it('sends each event of a stream at once, uncompressed, to a client that accepts compression', async () => {
      const stream = await open({ 'Accept-Encoding': 'gzip, br' });
      expect(stream.headers.get('cache-control')).toBe('no-store, no-transform');
      expect(stream.headers.get('content-encoding')).toBeNull();
      expect(stream.headers.get('server')).toMatch(/^nginx/);
      await stream.untilNamed('heartbeat', 5_000);
      for (let n = 1; n <= 5; n++) {
        const began = performance.now();
        const { body } = await service.report();
        const events = await stream.untilEvents(n);
        expect(performance.now() - began).toBeLessThan(5_000);
        expect(events.at(-1)!.data.id).toBe(`${body.id}-1`);
      }
    });

    it('ends a stream in the service when the client disconnects from nginx', async () => {
      await until(async () => (await openCount()) === 0);
      const stream = await open();
      await until(async () => (await openCount()) === 1);
      stream.close();
      await until(async () => (await openCount()) === 0);
    });

    it('answers a long poll when an event arrives', async () => {
      const headers = { 'X-Access-Key': KEY };
      const { next } = (await service.get('/api/v1/events?after=latest')).body;
      const waiting = fetch(`${nginx.url}/api/v1/events?after=${next}&wait=30`, { headers });
      const { body } = await service.report();
      const page = (await (await waiting).json()) as { events: { id: string }[] };
      expect(page.events.map(({ id }) => id)).toEqual([`${body.id}-1`]);
    });

    it('sends the first bytes of a stream at once, even if the database does not respond', async () => {
      const { database } = service;
      const closing = new AbortController();
      await database.query('BEGIN');
      await database.query('LOCK TABLE feed_state IN ACCESS EXCLUSIVE MODE');
      try {
        const began = performance.now();
        const response = await fetch(`${nginx.url}/api/v1/events/stream`, {
          headers: { 'X-Access-Key': KEY },
          signal: closing.signal,
        });
        const { value } = await response.body!.getReader().read();
        expect(new TextDecoder().decode(value)).toBe('retry: 2000\n\n');
        expect(performance.now() - began).toBeLessThan(1_500);
      } finally {
        closing.abort();
        await database.query('ROLLBACK');
      }
    });
  },
);

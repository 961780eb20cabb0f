import { FollowFeed } from '../../../src/application/feed/follow-feed.js';
import { Config } from '../../../src/config/config.js';
import { readConfig } from '../../../src/config/read-config.js';
import { EventRelay } from '../../../src/infrastructure/kafka/event-relay.js';
import type { KafkaProducer, OutgoingMessage } from '../../../src/infrastructure/kafka/kafka-producer.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { ConsumerLease } from '../../../src/infrastructure/postgres/feed/consumer-lease.js';
import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { untilPlaced, untilReadByService } from '../../support/feed.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const CONSUMER = 'relay';

describe('EventRelay', () => {
  let service: Service;
  let relays: EventRelay[] = [];
  let sent: string[] = [];
  /** Is called before messages are sent; an error that it throws is the error of the broker. */
  let beforeSend: () => void | Promise<void> = () => undefined;

  beforeEach(async () => {
    [relays, sent, beforeSend] = [[], [], () => undefined];
    service = await startService();
  });
  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    await service.stop();
  });

  const producer = {
    send: async (messages: readonly OutgoingMessage[]) => {
      await beforeSend();
      sent.push(...messages.map(({ value }) => String(value)));
    },
  } as KafkaProducer;
  const leaseOf = () => new ConsumerLease(service.app.get(Database), CONSUMER);
  const start = async () => {
    const config = readConfig(Config, { NODE_ENV: 'test', X_ACCESS_KEY: 'a-key-for-the-relay' });
    const toMessage = (id: number, { seq }: { seq: number }) => ({ key: String(id), value: `${id}-${seq}` });
    const relay = new EventRelay(config, leaseOf(), service.app.get(FollowFeed), producer, toMessage);
    relays.push(relay);
    await relay.start();
    return relay;
  };
  const report = async (count = 1) => {
    for (let i = 0; i < count; i++) {
      await service.report();
      await untilPlaced(service.database);
    }
  };
  const position = async () =>
    (
      await service.database.query<{ position: number }>(
        'SELECT position FROM feed_consumers WHERE name = $1',
        [CONSUMER],
      )
    )[0]?.position;

  it('starts at the latest event the first time, and at its stored position afterwards', async () => {
    await report();
    const first = await start();
    await report(2);
    await until(() => sent.length === 2);
    await first.stop();
    await report();
    await start();
    await until(() => sent.length === 3);
    expect(sent).toEqual(['2-1', '3-1', '4-1']);
    await until(async () => (await position()) === 4);
  });

  it('relays in one process at a time, and in another after that one stops', async () => {
    const first = await start();
    await report();
    await until(() => sent.length === 1);
    await start();
    await report(3);
    await until(() => sent.length === 4);
    await first.stop();
    await report();
    await until(() => sent.length === 5);
    expect(sent).toEqual([1, 2, 3, 4, 5].map((id) => `${id}-1`));
  });

  it('retries a failed batch, and skips no event', async () => {
    await start();
    let failures = 2;
    beforeSend = () => {
      if (failures-- > 0) throw new Error('no broker');
    };
    await report(2);
    await until(() => sent.length >= 2);
    expect(sent).toEqual(['1-1', '2-1']);
  });

  it('continues at a position that an admin stores while it runs', async () => {
    await start();
    await report(2);
    await until(async () => (await position()) === 2);
    beforeSend = async () => {
      beforeSend = () => undefined;
      await service.request('PUT', `/api/v1/consumers/${CONSUMER}`, { json: { position: 'oldest' } });
    };
    await report();
    await until(() => sent.length >= 6);
    // The third event is sent before the relay notices the new position.
    expect(sent).toEqual(['1-1', '2-1', '3-1', '1-1', '2-1', '3-1']);
    await until(async () => (await position()) === 3);
  });

  it('continues at the oldest event if the events at its position were deleted', async () => {
    const relay = await start();
    await relay.stop();
    await report(3);
    await service.database.query(
      `UPDATE feed SET placed_at = now() - interval '40 days' WHERE last_position <= 2`,
    );
    await untilReadByService(service.database);
    expect(await service.app.get(Retention).deleteExpired()).toBe(2);
    await start();
    await until(() => sent.length > 0);
    expect(sent).toEqual(['3-1']);
  });

  it('sends each event once if a new epoch begins while it runs, as after a failover', async () => {
    await start();
    await report();
    await until(async () => (await position()) === 1);
    await service.database.query(`UPDATE feed_state SET timeline = 'another server'`);
    await report(2);
    await until(async () => (await position()) === 3);
    expect(sent).toEqual(['1-1', '2-1', '3-1']);
  });

  it('has a lease that others cannot acquire before it expires', async () => {
    const [mine, other] = [leaseOf(), leaseOf()];
    await mine.register();
    const lease = await mine.acquire();
    expect(lease?.position.number).toBe(0);
    expect(await other.acquire()).toBeUndefined();
    expect(await other.advance(lease!.position, { ...lease!.position, number: 1 })).toBe(false);
    expect(await mine.advance(lease!.position, { ...lease!.position, number: 1 })).toBe(true);
    await service.database.query(`UPDATE feed_consumers SET leased_until = now() - interval '1 second'`);
    expect((await other.acquire())?.position.number).toBe(1);
    expect(await mine.acquire()).toBeUndefined();
    await other.release();
    expect(await mine.acquire()).toBeDefined();
  });
});

import { FollowFeed } from '../../../src/application/feed/follow-feed.js';
import { readConfig } from '../../../src/config/config.js';
import { EventRelay } from '../../../src/infrastructure/kafka/event-relay.js';
import type { KafkaProducer, OutgoingMessage } from '../../../src/infrastructure/kafka/kafka-producer.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { ConsumerLease } from '../../../src/infrastructure/postgres/feed/consumer-lease.js';
import { FeedRetention } from '../../../src/infrastructure/postgres/feed/feed-retention.js';
import { untilPlaced } from '../../support/feed.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const CONSUMER = 'relay';

describe('the relay to Kafka', () => {
  let service: Service;
  let relays: EventRelay[] = [];
  let sent: string[] = [];
  /** Called before messages are taken; what it throws is the broker's error. */
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
    const config = readConfig({ NODE_ENV: 'test', X_ACCESS_KEY: 'a-key-for-the-relay' });
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
    (await service.database.query<{ position: number }>('SELECT position FROM feed_consumers'))[0]?.position;

  it('begins with the present when it is first started, and later where it has stopped', async () => {
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

  it('is done by one process at a time, and by another once that has ended', async () => {
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

  it('sends again what may not have arrived, and leaves nothing out', async () => {
    await start();
    let failures = 2;
    beforeSend = () => {
      if (failures-- > 0) throw new Error('no broker');
    };
    await report(2);
    await until(() => sent.length >= 2);
    expect(sent).toEqual(['1-1', '2-1']);
  });

  it('goes on from a position that an admin has stored meanwhile', async () => {
    await start();
    await report(2);
    await until(async () => (await position()) === 2);
    beforeSend = async () => {
      beforeSend = () => undefined;
      await service.request('PUT', `/api/v1/consumers/${CONSUMER}`, { json: { position: 'oldest' } });
    };
    await report();
    await until(() => sent.length >= 6);
    // The third is sent before the position is found to be another.
    expect(sent).toEqual(['1-1', '2-1', '3-1', '1-1', '2-1', '3-1']);
    expect(await position()).toBe(3);
  });

  it('goes on from the oldest event where its own were trimmed', async () => {
    const relay = await start();
    await relay.stop();
    await report(3);
    await service.database.query(
      `UPDATE feed SET placed_at = now() - interval '40 days' WHERE last_position <= 2`,
    );
    expect(await service.app.get(FeedRetention).deleteExpired()).toBe(2);
    await start();
    await until(() => sent.length > 0);
    expect(sent).toEqual(['3-1']);
  });

  it('keeps a lease that others cannot take before it ends', async () => {
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

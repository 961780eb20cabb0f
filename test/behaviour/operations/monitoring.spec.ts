import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { Config } from '../../../src/config/config.js';
import { InboundConsumer } from '../../../src/infrastructure/kafka/inbound-consumer.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { ConsumerLease } from '../../../src/infrastructure/postgres/feed/consumer-lease.js';
import { untilPlaced } from '../../support/feed.js';
import { type Service, startService } from '../../support/service.js';

/** Series that Prometheus itself provides. */
const OWN = new Set(['up', 'ALERTS']);
const OPERATORS = new Set(['and', 'or', 'unless', 'vector']);

/** The names of the metrics in a PromQL expression. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"|\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w|\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !OWN.has(name) && !OPERATORS.has(name));
}

/** The names of the metrics in an exposition, also of those without series. */
const namesOn = (page: string) =>
  [...page.matchAll(/^(?:# TYPE )?([a-zA-Z_:][\w:]*)/gm)].map(([, name]) => name!);

const read = (name: string) => readFileSync(new URL(`../../../monitoring/${name}`, import.meta.url), 'utf8');

describe('monitoring', () => {
  let service: Service;
  const metrics = async () => (await service.get('/metrics')).text;
  beforeAll(async () => {
    service = await startService();
    // A histogram has series only after the first request.
    await metrics();
  });
  afterAll(() => service.stop());

  /** The names of all metrics of the three processes. */
  const existing = async () => {
    const registry = new Registry();
    const bot = new BotMetrics(registry, new BotHealth());
    const consumer = new InboundConsumer(new Config(), async () => undefined, registry);
    expect([bot, consumer]).not.toContain(undefined);
    return new Set([...namesOn(await metrics()), ...namesOn(await registry.metrics())]);
  };

  it('alerts on existing metrics only', async () => {
    const expressions = [...read('alerts.yml').matchAll(/expr: (.*(?:\n {10}.*)*)/g)].map(
      ([, text]) => text!,
    );
    expect(expressions.length).toBeGreaterThanOrEqual(12);
    const known = await existing();
    const named = expressions.flatMap(metricsIn);
    expect(named).toEqual(expect.arrayContaining(['kafka_inbound_lag', 'timers_overdue_seconds']));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('charts existing metrics only', async () => {
    const expressions = [
      ...read('grafana/dashboards/incidents.json').matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g),
    ];
    const known = await existing();
    const named = expressions.flatMap(([, text]) => metricsIn(JSON.parse(text!)));
    expect(named).toContain('http_request_duration_seconds_bucket');
    expect(named).toContain('incident_time_to_take_seconds_bucket');
    expect(named).toContain('incident_reminders_total');
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('covers the backlog of the Kafka worker by metrics of the api, which stay when the worker is down', async () => {
    const lease = new ConsumerLease(service.app.get(Database), 'kafka');
    await lease.register();
    const value = async (name: string) =>
      Number(new RegExp(`^${name}\\{consumer="kafka"\\} (\\S+)$`, 'm').exec(await metrics())?.[1]);
    expect(await value('feed_consumer_lag_events')).toBe(0);
    await service.report();
    await untilPlaced(service.database);
    await service.database.query(
      `UPDATE feed SET placed_at = now() - interval '10 minutes';
       UPDATE feed_consumers SET last_seen_at = now() - interval '5 minutes'`,
    );
    expect(await value('feed_consumer_lag_events')).toBe(1);
    expect(await value('feed_consumer_lag_seconds')).toBeGreaterThanOrEqual(600);
    expect(await value('feed_consumer_last_seen_age_seconds')).toBeGreaterThanOrEqual(300);
    await lease.acquire();
    expect(await value('feed_consumer_last_seen_age_seconds')).toBeLessThan(60);
  });
});

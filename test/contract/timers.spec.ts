import fc from 'fast-check';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { type EvaluatedIncident, type Timer, Timers } from '../../src/application/attention/timers.js';
import type { AttentionFacts } from '../../src/domain/attention/reminders.js';
import type { IncidentRepository } from '../../src/domain/incident/incident-repository.js';
import type { IncidentSource } from '../../src/domain/incident/incident-source.js';
import type { IncidentId } from '../../src/domain/incident/incident-state.js';
import { PostgresTimers } from '../../src/infrastructure/postgres/attention/postgres-timers.js';
import { Database } from '../../src/infrastructure/postgres/connection/database.js';
import { PostgresIncidentHistory } from '../../src/infrastructure/postgres/incidents/postgres-incident-history.js';
import { PostgresIncidentRepository } from '../../src/infrastructure/postgres/incidents/postgres-incident-repository.js';
import { requestDataSource } from '../../src/infrastructure/postgres/schema/data-source.js';
import { IncidentMetrics } from '../../src/infrastructure/prometheus/incident-metrics.js';
import { ReminderMetrics } from '../../src/infrastructure/prometheus/reminder-metrics.js';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { InMemoryIncidents } from '../support/in-memory-incidents.js';
import { InMemoryTimers } from '../support/in-memory-timers.js';
import { STEPS, TimerScenario, type TimerStore } from '../support/timer-scenario.js';
import { VirtualClock } from '../support/virtual-clock.js';

const byId = (facts: readonly AttentionFacts[]) => facts.toSorted((a, b) => a.id - b.id);

/** Two implementations, from which the same is expected. */
class BothTimers extends Timers {
  constructor(
    private readonly first: Timers,
    private readonly second: Timers,
  ) {
    super();
  }

  async facts(
    ids: readonly IncidentId[],
    sources: readonly IncidentSource[],
    isChanged: boolean,
  ): Promise<readonly AttentionFacts[]> {
    const facts = byId(await this.first.facts(ids, sources, isChanged));
    expect(byId(await this.second.facts(ids, sources, isChanged))).toEqual(facts);
    return facts;
  }

  async set(timers: readonly Timer[]): Promise<void> {
    await this.first.set(timers);
    await this.second.set(timers);
  }

  async lease(now: Date, limit: number): Promise<readonly AttentionFacts[]> {
    const facts = byId(await this.first.lease(now, limit));
    expect(byId(await this.second.lease(now, limit))).toEqual(facts);
    return facts;
  }

  async complete(evaluated: readonly EvaluatedIncident[], leasedAt: Date): Promise<number> {
    const reminders = await this.first.complete(evaluated, leasedAt);
    expect(await this.second.complete(evaluated, leasedAt)).toBe(reminders);
    return reminders;
  }
}

function both(first: IncidentRepository, second: IncidentRepository): IncidentRepository {
  return {
    add: async (report) => {
      const result = await first.add(report);
      expect((await second.add(report)).incident.state).toEqual(result.incident.state);
      return result;
    },
    change: async (id, act) => {
      const result = await first.change(id, act);
      expect((await second.change(id, act))?.incident.state).toEqual(result?.incident.state);
      return result;
    },
  } as Partial<IncidentRepository> as IncidentRepository;
}

describe('timers', () => {
  let testDatabase: TestDatabase;
  let dataSource: DataSource;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await aDatabase();
    dataSource = await requestDataSource(testDatabase.service, 2).initialize();
    database = new Database(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await testDatabase.drop();
  });

  const empty = () =>
    testDatabase.query(`
      ALTER TABLE incident_events DISABLE TRIGGER incident_events_append_only;
      TRUNCATE incidents RESTART IDENTITY CASCADE;
      ALTER TABLE incident_events ENABLE TRIGGER incident_events_append_only`);

  it('in memory and on PostgreSQL make the same reminders, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        await empty();
        const memory = new InMemoryIncidents();
        const metrics = new ReminderMetrics(new Registry(), database, new VirtualClock());
        const repository = new PostgresIncidentRepository(database, new IncidentMetrics(new Registry()));
        const store: TimerStore = {
          incidents: both(memory.repository, repository),
          timers: new BothTimers(new InMemoryTimers(memory), new PostgresTimers(database, metrics)),
        };
        await new TimerScenario(store, memory).execute(steps);
        const history = new PostgresIncidentHistory(database);
        const [{ count }] = (await testDatabase.query<{ count: number }>(
          'SELECT count(*)::integer AS count FROM incidents',
        )) as [{ count: number }];
        for (let id = 1; id <= count; id++)
          expect((await history.page(id, 0, 10_000))?.events).toEqual(memory.eventsOf(id));
      }),
      { numRuns: Number(process.env['RUNS'] ?? 40) },
    );
  });
});

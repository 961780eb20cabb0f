import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { ApplyPolicies } from '../../../src/application/attention/apply-policies.js';
import { RunTimers } from '../../../src/application/attention/run-timers.js';
import { SetTimers } from '../../../src/application/attention/set-timers.js';
import { type AttentionFacts, evaluate } from '../../../src/domain/attention/reminders.js';
import { CHAT_DEFAULT } from '../../../src/domain/attention/attention-policy.js';
import type { Incident } from '../../../src/domain/incident/incident.js';
import { PostgresAttentionPolicies } from '../../../src/infrastructure/postgres/attention/postgres-attention-policies.js';
import {
  PAGE_OF_CHAT,
  PAGE_OF_SOURCE,
  PostgresChangedPolicies,
} from '../../../src/infrastructure/postgres/attention/postgres-changed-policies.js';
import { PostgresTimers } from '../../../src/infrastructure/postgres/attention/postgres-timers.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { PostgresIncidentRepository } from '../../../src/infrastructure/postgres/incidents/postgres-incident-repository.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { IncidentMetrics } from '../../../src/infrastructure/prometheus/incident-metrics.js';
import { ReminderMetrics } from '../../../src/infrastructure/prometheus/reminder-metrics.js';
import { parseDailyPeriod } from '../../../src/shared/time/daily-time.js';
import { later, NOON } from '../../support/builders.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { until } from '../../support/until.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const MINUTE = 60_000;

describe('timers', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let clock: VirtualClock;
  let timers: PostgresTimers;
  let policies: PostgresAttentionPolicies;
  let incidents: PostgresIncidentRepository;
  let setTimers: SetTimers;
  let runTimers: RunTimers;
  let changedPolicies: PostgresChangedPolicies;
  let applyPolicies: ApplyPolicies;

  beforeEach(async () => {
    database = await aDatabase();
    dataSource = await requestDataSource(database.service, 5).initialize();
    clock = new VirtualClock();
    const connections = new Database(dataSource);
    timers = new PostgresTimers(connections, new ReminderMetrics(new Registry(), connections, clock));
    policies = new PostgresAttentionPolicies(connections);
    incidents = new PostgresIncidentRepository(connections, new IncidentMetrics(new Registry()));
    setTimers = new SetTimers(timers, policies, clock);
    runTimers = new RunTimers(timers, policies, clock);
    changedPolicies = new PostgresChangedPolicies(connections);
    applyPolicies = new ApplyPolicies(changedPolicies, setTimers);
  });
  afterEach(async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  });

  const by = { actor: 'Анна', channel: 'telegram' } as const;
  const report = async (origin = 'tg:-1:42') => {
    const { incident } = await incidents.add({
      ...by,
      description: 'a',
      source: 'operator',
      origin,
      at: clock.now(),
    });
    await seen(incident);
    return incident.id;
  };
  /** Handles an event of these incidents, as if it came from the feed. */
  const seen = (...some: Pick<Incident, 'id'>[]) => setTimers.execute(some.map(({ id }) => id));
  const change = async (id: number, act: (incident: Incident) => void) => {
    await incidents.change(id, act);
    await seen({ id });
  };
  const byDefault = (facts: AttentionFacts) =>
    Object.assign({ facts }, evaluate(CHAT_DEFAULT, facts, clock.now()));
  const reminders = async (): Promise<string[]> => {
    const rows = await database.query<{ text: string }>(
      `SELECT incident_id || ' ' || seq || ' ' || type || ' ' || purpose || ' ' || reminder_number AS text
       FROM incident_events WHERE reminder_number IS NOT NULL ORDER BY incident_id, seq`,
    );
    return rows.map(({ text }) => text);
  };
  const timerRows = () => database.query('SELECT incident_id, due_at FROM timers ORDER BY 1');

  it('remind of untaken incidents of a chat each 15 minutes by default, and of others only with a policy', async () => {
    await report();
    await report('JIRA-1');
    expect(await timerRows()).toEqual([{ incident_id: 1, due_at: later(15 * MINUTE) }]);
    clock.time = later(15 * MINUTE - 1);
    await runTimers.execute();
    expect(await reminders()).toEqual([]);
    clock.time = later(15 * MINUTE);
    await runTimers.execute();
    await runTimers.execute();
    expect(await reminders()).toEqual(['1 2 reminded take 1']);
    clock.time = later(30 * MINUTE);
    await runTimers.execute();
    expect(await reminders()).toEqual(['1 2 reminded take 1', '1 3 reminded take 2']);
  });

  it('take effect once, however many processes run them', async () => {
    for (let n = 0; n < 50; n++) await report();
    clock.time = later(15 * MINUTE);
    const processes = Array.from({ length: 4 }, () => new RunTimers(timers, policies, clock));
    for (let round = 0; round < 5; round++) await Promise.all(processes.map((each) => each.execute()));
    expect(await reminders()).toHaveLength(50);
  });

  it('are found by their index, even if there were none when a connection first looked for them', async () => {
    await database.query('VACUUM (ANALYZE) timers');
    await runTimers.execute();
    await database.query(
      `
      WITH added AS (
        INSERT INTO incidents (description, status, source, version, created_at, updated_at, origin)
        SELECT 'a', 'NEW', 'operator', 1, $1, $1, 'tg:-1:' || n FROM generate_series(1, 2000) AS n RETURNING id
      ), reported AS (
        INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
        SELECT id, 1, 'reported', $1, 'a', 'a' FROM added
      )
      INSERT INTO timers (incident_id, version, due_at) SELECT id, 1, $1 FROM added`,
      [NOON],
    );
    clock.time = later(15 * MINUTE);
    while (await runTimers.execute());
    expect(await reminders()).toHaveLength(2_000);
    // A connection reports what it has read at the latest when it ends.
    await dataSource.destroy();
    const [{ rows } = { rows: -1 }] = await until(async () => {
      const found = await database.query<{ rows: number }>(
        `SELECT seq_tup_read::int AS rows FROM pg_stat_user_tables WHERE relname = 'timers' AND idx_scan > 0`,
      );
      return found.length > 0 && found;
    });
    expect(rows).toBe(0);
  });

  it('that a killed process has leased take effect once in another, after the lease', async () => {
    await report();
    clock.time = later(15 * MINUTE);
    const leased = await timers.lease(clock.now(), 10);
    await runTimers.execute();
    expect(await reminders()).toEqual([]);
    clock.time = later(15 * MINUTE + 30_000);
    await runTimers.execute();
    expect(await reminders()).toEqual(['1 2 reminded take 1']);
    // The first process was only slow.
    const late = leased.map(byDefault);
    expect(await timers.complete(late, later(15 * MINUTE))).toBe(0);
    expect(await reminders()).toEqual(['1 2 reminded take 1']);
    expect(await timerRows()).toEqual([{ incident_id: 1, due_at: later(30 * MINUTE + 30_000) }]);
  });

  it('remind of no incident that was taken after they were leased', async () => {
    const id = await report();
    clock.time = later(15 * MINUTE);
    const leased = await timers.lease(clock.now(), 10);
    await incidents.change(id, (incident) => incident.assignTo('Анна', { ...by, at: clock.now() }));
    const evaluated = leased.map(byDefault);
    expect(evaluated[0]!.event).toBeDefined();
    expect(await timers.complete(evaluated, clock.now())).toBe(0);
    expect(await reminders()).toEqual([]);
    clock.time = later(20 * MINUTE);
    await runTimers.execute();
    expect(await reminders()).toEqual([]);
    expect(await timerRows()).toEqual([]);
  });

  it('that were due during an outage of hours take effect once', async () => {
    await report();
    clock.time = later(180 * MINUTE);
    while (await runTimers.execute());
    await runTimers.execute();
    expect(await reminders()).toEqual(['1 2 reminded take 1']);
    clock.time = later(195 * MINUTE);
    await runTimers.execute();
    expect(await reminders()).toHaveLength(2);
  });

  it('survive clocks that are set back and forth', async () => {
    await report();
    clock.time = later(15 * MINUTE);
    await runTimers.execute();
    clock.time = later(-60 * MINUTE);
    await runTimers.execute();
    expect(await reminders()).toHaveLength(1);
    clock.time = later(30 * MINUTE);
    await runTimers.execute();
    expect(await reminders()).toEqual(['1 2 reminded take 1', '1 3 reminded take 2']);
  });

  it('follow an incident that is taken, released, resolved and reopened, each stage from its own start', async () => {
    const at = (minutes: number) => {
      clock.time = later(minutes * MINUTE);
      return { ...by, at: clock.time };
    };
    await policies.store('tg:-1', {
      ...CHAT_DEFAULT,
      takeWithinMs: 10 * MINUTE,
      escalateAfter: 1,
      remindInProgressAfterMs: 60 * MINUTE,
      quietHours: parseDailyPeriod('00:00-01:00 UTC'),
    });
    const id = await report();
    at(10);
    await runTimers.execute();
    at(20);
    await runTimers.execute();
    await change(id, (incident) => incident.moveTo('IN_PROGRESS', at(25)));
    at(80);
    await runTimers.execute();
    await change(id, (incident) => incident.append('still there', at(81)));
    at(85);
    await runTimers.execute();
    at(141);
    await runTimers.execute();
    await change(id, (incident) => incident.release(at(142)));
    at(152);
    await runTimers.execute();
    await change(id, (incident) => incident.assignTo('Борис', at(153)));
    await change(id, (incident) => incident.moveTo('RESOLVED', at(154)));
    at(1_000);
    await runTimers.execute();
    expect(await reminders()).toEqual([
      '1 2 reminded take 1',
      '1 3 escalated take 2',
      '1 6 reminded progress 1',
      '1 8 reminded take 1',
    ]);
    expect(await timerRows()).toEqual([]);
  });

  it('are not replaced by what was found of an earlier version of the incident', async () => {
    const id = await report();
    const [earlier] = await timers.facts([id], [], false);
    await change(id, (incident) => incident.append('b', { ...by, at: clock.now() }));
    await timers.set([{ facts: earlier!, dueAt: later(600 * MINUTE) }]);
    expect(await timerRows()).toEqual([{ incident_id: 1, due_at: later(15 * MINUTE) }]);
  });

  it('follow the policy as it is when they are due', async () => {
    await report();
    await policies.store('operator', { ...CHAT_DEFAULT, takeWithinMs: 20 * MINUTE });
    clock.time = later(15 * MINUTE);
    await runTimers.execute();
    expect(await reminders()).toEqual([]);
    expect(await timerRows()).toEqual([{ incident_id: 1, due_at: later(20 * MINUTE) }]);
    await policies.store('operator', { ...CHAT_DEFAULT, takeWithinMs: undefined });
    clock.time = later(20 * MINUTE);
    await runTimers.execute();
    expect([await reminders(), await timerRows()]).toEqual([[], []]);
  });

  describe('after a policy was stored or deleted', () => {
    const dueOf = async () => {
      const rows = await database.query<{ incident_id: number; due_at: Date }>(
        'SELECT incident_id, due_at FROM timers',
      );
      return new Map(rows.map(({ incident_id, due_at }) => [incident_id, due_at]));
    };
    const take = (minutes: number) => ({ ...CHAT_DEFAULT, takeWithinMs: minutes * MINUTE });
    const changedScopes = async () => {
      const rows = await database.query<{ scope: string }>(
        'SELECT scope FROM changed_policies ORDER BY number',
      );
      return rows.map(({ scope }) => scope);
    };
    /** Each turn takes a second at most, which on a busy machine is not enough. */
    const applyAll = async (application = applyPolicies) => {
      do await application.execute();
      while ((await changedScopes()).length > 0);
    };
    const idsOf = async (scope: string) => {
      const found: number[] = [];
      for await (const ids of changedPolicies.openIncidentsOf(scope)) found.push(...ids);
      return found.toSorted((a, b) => a - b);
    };
    /** Reports incidents that are in no feed: they have no timers. */
    const addIncidents = (count: number, origin: string) =>
      database.query(
        `WITH incident AS (
           INSERT INTO incidents (description, status, source, version, created_at, updated_at, origin)
           SELECT 'a', 'NEW', 'operator', 1, $2, $2, $3 FROM generate_series(1, $1) RETURNING id
         )
         INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
         SELECT id, 1, 'reported', $2, 'a', 'a' FROM incident`,
        [count, NOON, origin],
      );

    it('are set anew for the open incidents of its chat or source, and of no other', async () => {
      const [chat, otherChat, none] = [await report(), await report('tg:-12:42'), await report('JIRA-1')];
      await policies.store('tg:-1', take(5));
      await applyAll();
      expect(await dueOf()).toEqual(
        new Map([
          [chat, later(5 * MINUTE)],
          [otherChat, later(15 * MINUTE)],
        ]),
      );
      await policies.store('operator', take(10));
      await applyAll();
      expect(await dueOf()).toEqual(
        new Map([
          [chat, later(5 * MINUTE)],
          [otherChat, later(10 * MINUTE)],
          [none, later(10 * MINUTE)],
        ]),
      );
      await policies.delete('tg:-1');
      await applyAll();
      expect((await dueOf()).get(chat)).toEqual(later(10 * MINUTE));
      expect(await changedScopes()).toEqual([]);
    });

    it('are found for all open incidents of its scope, in pages', async () => {
      await addIncidents(1_100, 'tg:-1:1');
      await addIncidents(10, 'tg:-10:1');
      await addIncidents(10, 'tg:-1');
      await addIncidents(600, 'tg:-1:2');
      await database.query(`UPDATE incidents SET status = 'IN_PROGRESS' WHERE id % 3 = 0`);
      await database.query(`UPDATE incidents SET status = 'CLOSED', closed_at = now() WHERE id > 1700`);
      const open = Array.from({ length: 1_700 }, (_, i) => i + 1);
      expect(await idsOf('operator')).toEqual(open);
      expect(await idsOf('tg:-1')).toEqual(open.filter((id) => id <= 1_100 || id > 1_120));
      expect(await idsOf('monitoring')).toEqual([]);
    });

    it.each([
      ['a source', PAGE_OF_SOURCE, 'operator'],
      ['a chat', PAGE_OF_CHAT, 'tg:-1'],
    ])('are found by an index of the open incidents of %s', async (_, { text }, scope) => {
      await addIncidents(5_000, 'tg:-1:1');
      await addIncidents(5_000, 'tg:-2:1');
      await database.query(`UPDATE incidents SET status = 'CLOSED', closed_at = now() WHERE id % 100 > 0`);
      await database.query('VACUUM ANALYZE incidents');
      await database.query('SET plan_cache_mode = force_generic_plan');
      await database.query(`PREPARE page AS ${text}`);
      const rows = await database.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (ANALYZE, COSTS off, TIMING off) EXECUTE page ('${scope}', 'NEW', '-infinity', 0)`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index (Only )?Scan using incidents_(status_source_created_at|chat) /);
      expect(plan).not.toMatch(/Sort|Rows Removed|Filter/);
    });

    it('are set for all incidents, although the process ends in between', async () => {
      await addIncidents(1_200, 'tg:-1:1');
      await policies.store('tg:-1', take(5));
      const setFor = jest.spyOn(setTimers, 'setFor');
      setFor.mockImplementationOnce((ids) => SetTimers.prototype.setFor.call(setTimers, ids));
      setFor.mockRejectedValueOnce(new Error('the database is down'));
      await expect(applyPolicies.execute()).rejects.toThrow('the database is down');
      expect([await changedScopes(), (await dueOf()).size]).toEqual([['tg:-1'], 500]);
      // The same process, and another one.
      for (const each of [applyPolicies, new ApplyPolicies(changedPolicies, setTimers)]) {
        await applyAll(each);
        expect([await changedScopes(), (await dueOf()).size]).toEqual([[], 1_200]);
        await policies.store('tg:-1', take(6));
      }
    });

    it('are set by the newest policy if it changes meanwhile', async () => {
      await addIncidents(1_200, 'tg:-1:1');
      await policies.store('tg:-1', take(5));
      const setFor = jest.spyOn(setTimers, 'setFor');
      setFor.mockImplementationOnce(async (ids) => {
        await SetTimers.prototype.setFor.call(setTimers, ids);
        await policies.store('tg:-1', take(7));
      });
      await applyAll();
      const times = new Set([...(await dueOf()).values()].map((time) => time.getTime()));
      expect(times).toEqual(new Set([later(7 * MINUTE).getTime()]));
      expect(await changedScopes()).toEqual([]);
    });

    it('stay as they are, where a process has evaluated them by the earlier policy', async () => {
      await report();
      clock.time = later(20 * MINUTE);
      const leased = await timers.lease(clock.now(), 10);
      const evaluated = leased.map((facts) => ({ facts, event: undefined, nextAt: later(600 * MINUTE) }));
      await policies.store('tg:-1', take(30));
      await applyPolicies.execute();
      await timers.complete(evaluated, clock.now());
      expect(await timerRows()).toEqual([{ incident_id: 1, due_at: later(30 * MINUTE) }]);
    });

    it('are not set anew if its times are the same', async () => {
      await policies.store('tg:-1', take(5));
      await applyAll();
      await policies.store('tg:-1', { ...take(5), escalateAfter: 3 });
      expect(await changedScopes()).toEqual([]);
      for (const changed of [
        { ...take(5), remindInProgressAfterMs: MINUTE },
        { ...take(5), quietHours: parseDailyPeriod('00:00-01:00 UTC') },
      ]) {
        await policies.store('tg:-1', changed);
        expect(await changedScopes()).toEqual(['tg:-1']);
        await applyPolicies.execute();
      }
    });
  });
});

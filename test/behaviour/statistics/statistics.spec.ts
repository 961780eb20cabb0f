import { StatisticsFolder } from '../../../src/infrastructure/postgres/statistics/statistics-folder.js';
import { type Service, startService } from '../../support/service.js';

const NOTHING = { p50: null, p90: null };

describe('statistics', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());
  beforeEach(() =>
    service.database.query(`
      ALTER TABLE incident_events DISABLE TRIGGER incident_events_append_only;
      TRUNCATE incident_statistics_queue, incident_statistics, incident_durations, timers, incidents CASCADE;
      ALTER TABLE incident_events ENABLE TRIGGER incident_events_append_only`),
  );

  const statistics = async (query = '') => (await service.get(`/api/v1/statistics${query}`)).body;
  const fold = () => service.app.get(StatisticsFolder).fold();
  const report = async (fields: Record<string, unknown> = {}) =>
    (await service.report(fields)).headers.get('location')!;
  const move = (path: string, ...statuses: string[]) =>
    statuses.reduce(async (earlier, status) => {
      await earlier;
      expect((await service.patch(path, { status })).status).toBe(200);
    }, Promise.resolve());
  /** Moves the report of an incident into the past. */
  const age = (path: string, interval: string) =>
    service.database.query(
      `UPDATE incidents SET created_at = created_at - interval '${interval}' WHERE id = ${path.split('/').at(-1)}`,
    );

  it('are empty without incidents', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const { from, to, ...others } = await statistics();
    expect(others).toEqual({ by: null, groups: [], has_more: false });
    expect(Date.parse(to) - Date.parse(today)).toBe(86_400_000);
    expect(Date.parse(to) - Date.parse(from)).toBe(30 * 86_400_000);
  });

  it.each(['still queued', 'folded'])('count every committed change while it is %s', async (state) => {
    await report({ urgent: true });
    const taken = await report();
    await move(taken, 'IN_PROGRESS');
    const closed = await report();
    await move(closed, 'IN_PROGRESS', 'RESOLVED', 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
    const released = await report();
    await move(released, 'IN_PROGRESS');
    await service.patch(released, { assignee: null });
    if (state === 'folded') await fold();
    const [group] = (await statistics()).groups;
    expect(group).toMatchObject({
      key: null,
      reported: 4,
      taken: 3,
      resolved: 1,
      closed: 1,
      reopened: 1,
      reopened_share: 0.25,
      urgent: 1,
      open: 3,
      untaken: 2,
      time_to_resolve: NOTHING,
    });
    // Three of four were taken at once; the fourth may take any time.
    expect(group.time_to_take.p50).toBeLessThan(3);
    expect(group.time_to_take.p90).toBeNull();
  });

  it('measure the time from the report to the last resolution', async () => {
    const path = await report();
    await age(path, '1 hour');
    await move(path, 'IN_PROGRESS', 'RESOLVED');
    await fold();
    const [{ time_to_take: take, time_to_resolve: resolve }] = (await statistics()).groups;
    for (const { p50, p90 } of [take, resolve]) {
      expect(Math.abs(p50 / 3_600 - 1)).toBeLessThan(0.05);
      expect(p90).toBe(p50);
    }
    await move(path, 'IN_PROGRESS');
    const [reopened] = (await statistics()).groups;
    expect(reopened).toMatchObject({ reopened: 1, open: 1, time_to_resolve: NOTHING, time_to_take: take });
  });

  it('do not wait for an incident that ended without being taken', async () => {
    const alert = (status: string) =>
      service.request('POST', '/api/v1/intake/alertmanager', {
        json: {
          version: '4',
          status,
          alerts: [
            { status, labels: { alertname: 'a' }, startsAt: '2026-11-20T10:00:00Z', fingerprint: 'f' },
          ],
        },
      });
    expect((await alert('firing')).status).toBe(200);
    expect((await alert('resolved')).status).toBe(200);
    const [group] = (await statistics('?by=channel')).groups;
    expect(group).toMatchObject({
      key: 'alertmanager',
      taken: 0,
      resolved: 1,
      open: 0,
      time_to_take: NOTHING,
    });
    expect(group.time_to_resolve.p50).not.toBeNull();
  });

  it('are grouped by source, channel, assignee and week', async () => {
    const keysBy = async (by: string) =>
      (await statistics(`?by=${by}&from=2026-01-01&to=2027-01-01`)).groups.map(
        ({ key, reported }: { key: string; reported: number }) => [key, reported],
      );
    const first = await report({ source: 'partner' });
    await report({ source: 'partner' });
    const third = await report({ source: 'operator' });
    await service.patch(third, { assignee: 'Анна' });
    await fold();
    // The trigger disregards changes that the service does not make, unless there are several events at once.
    await service.database.query(
      `UPDATE incidents SET version = version + 2, created_at = CASE id WHEN ${first.split('/').at(-1)} THEN timestamptz '2026-11-22T23:59:59Z' ELSE '2026-11-23T00:00:00Z' END`,
    );
    for (const state of ['queued', 'folded']) {
      if (state === 'folded') await fold();
      expect(await keysBy('source')).toEqual([
        ['partner', 2],
        ['operator', 1],
      ]);
      expect(await keysBy('channel')).toEqual([['rest', 3]]);
      expect(await keysBy('assignee')).toEqual([
        [null, 2],
        ['Анна', 1],
      ]);
      expect(await keysBy('week')).toEqual([
        ['2026-11-16', 1],
        ['2026-11-23', 2],
      ]);
    }
    const { groups } = await statistics('?from=2026-11-22&to=2026-11-23');
    expect(groups).toMatchObject([{ reported: 1 }]);
  });

  it('count an incident that was reopened by a duplicate', async () => {
    const path = await report({ dedup_key: 'k' });
    await move(path, 'IN_PROGRESS', 'RESOLVED');
    await report({ dedup_key: 'k' });
    await report({ dedup_key: 'k' });
    expect((await statistics()).groups).toMatchObject([{ reported: 1, reopened: 1, open: 1 }]);
  });

  it('name at most 200 assignees, those with the most incidents', async () => {
    await service.database.query(
      `INSERT INTO incidents (description, status, source, version, created_at, updated_at, assignee, taken_at)
       SELECT 'a', 'IN_PROGRESS', 'operator', 2, now(), now(), 'p' || least(n, 201), now() FROM generate_series(1, 202) AS n`,
    );
    const { groups, has_more: hasMore } = await statistics('?by=assignee');
    expect(groups).toHaveLength(200);
    expect(groups[0]).toMatchObject({ key: 'p201', reported: 2 });
    expect(hasMore).toBe(true);
  });

  it.each([
    ['from=2026-11-02&to=2026-11-01', '/to', 'to must be after from'],
    ['from=2026-11-01&to=2026-11-01', '/to', 'to must be after from'],
    ['from=2025-01-01&to=2026-01-03', '/to', 'to must be at most 366 days after from'],
    ['from=2026-02-30', '/from', 'from must be a date such as 2026-11-20, in the years 1900 to 2199'],
    ['to=2026-11-01T00:00:00Z', '/to', 'to must be a date such as 2026-11-20, in the years 1900 to 2199'],
    ['by=day', '/by', 'by must be one of the following values: source, channel, week, assignee'],
    ['group=source', '/group', 'unknown parameter group (known: from, to, by)'],
  ])('reject %s', async (query, pointer, detail) => {
    const { status, body } = await service.get(`/api/v1/statistics?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'request.invalid', errors: [{ in: 'query', pointer, detail }] });
  });

  it('are unavailable while they take too long, and reports and lists are not', async () => {
    await service.database.query('BEGIN; LOCK TABLE incident_statistics');
    try {
      const slow = Promise.all(
        Array.from({ length: 15 }, (_, day) => service.get(`/api/v1/statistics?from=2026-11-${10 + day}`)),
      );
      const reports = await Promise.all(Array.from({ length: 15 }, () => service.report()));
      expect(new Set(reports.map(({ status }) => status))).toEqual(new Set([201]));
      expect((await service.get('/api/v1/incidents')).body).toHaveLength(15);
      expect(new Set((await slow).map(({ body }) => body.code))).toEqual(new Set(['store.unavailable']));
    } finally {
      await service.database.query('ROLLBACK');
    }
    expect((await statistics()).groups).toMatchObject([{ reported: 15 }]);
  });

  it('accept a leap year', async () => {
    expect((await service.get('/api/v1/statistics?from=2028-01-01&to=2029-01-01')).status).toBe(200);
  });
});

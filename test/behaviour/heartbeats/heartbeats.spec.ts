import { HEARTBEAT_CHANNEL } from '../../../src/domain/heartbeat/heartbeat-incident.js';
import { logLines, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const HOUR = { every: '1h' };

describe('heartbeats', () => {
  let service: Service;
  let names = 0;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const put = (name: string, json: unknown, headers?: Record<string, string>) =>
    service.request('PUT', `/api/v1/heartbeats/${name}`, { json, headers });
  const get = async (name: string) => (await service.get(`/api/v1/heartbeats/${name}`)).body;
  const pathOf = (url: string) => new URL(url).pathname;
  const aHeartbeat = async (json: unknown = HOUR) => {
    const name = `job-${++names}`;
    return { name, path: pathOf((await put(name, json)).body.ping_url) };
  };
  const ping = (path: string, method = 'GET', body?: string | Buffer, headers: Record<string, string> = {}) =>
    service.request(method, path, { body, headers: { 'X-Access-Key': '', ...headers } });
  /** Moves everything about a heartbeat into the past, as if so much time had passed. */
  const timePasses = (name: string, interval: string) =>
    service.database.query(
      `UPDATE heartbeats SET changed_at = changed_at - $2::interval, start_at = start_at - $2::interval,
         success_at = success_at - $2::interval, failure_at = failure_at - $2::interval,
         problem_since = problem_since - $2::interval, due_at = due_at - $2::interval
       WHERE name = $1`,
      [name, interval],
    );
  const incidentOf = async (name: string) => {
    const { incident_id: id } = await until(async () => {
      const heartbeat = await get(name);
      return heartbeat.incident_id !== null && heartbeat;
    });
    return (await service.get(`/api/v1/incidents/${id}`)).body;
  };
  const eventsOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body;
  const pingsOf = async (name: string) => {
    const text = 'SELECT last_seq FROM heartbeats WHERE name = $1';
    return (await service.database.query<{ last_seq: number }>(text, [name]))[0]!.last_seq;
  };
  const untilState = (name: string, state: string) => until(async () => (await get(name)).state === state);

  it('are created with a ping URL, replaced without it, listed page by page and deleted', async () => {
    const full = {
      at: '30 6 * * 1-5',
      time_zone: 'Europe/Moscow',
      grace: '10m',
      source: 'partner',
      urgent: true,
      description: 'The export of reports',
    };
    const created = await put('export-1', full);
    expect(created.status).toBe(201);
    expect(created.headers.get('cache-control')).toBe('no-store');
    expect(created.body).toMatchObject({
      name: 'export-1',
      ...full,
      every: null,
      state: 'new',
      last_ping_at: null,
    });
    expect(created.body.ping_url).toMatch(new RegExp(`^${service.url}/ping/[\\w-]{43}$`));
    expect(created.body.expected).toHaveLength(5);
    for (const { at, local } of created.body.expected) {
      expect(local).toMatch(/T06:30:00\+03:00$/);
      expect(Date.parse(local)).toBe(Date.parse(at));
    }
    const replaced = await put('export-1', HOUR);
    expect(replaced.status).toBe(200);
    expect(replaced.body).toMatchObject({
      every: '1h',
      at: null,
      time_zone: 'UTC',
      grace: '5m',
      source: 'monitoring',
      urgent: false,
      description: null,
      ping_url: null,
    });
    await put('export-2', HOUR);
    const first = await service.get('/api/v1/heartbeats?limit=1&after=export-0');
    expect(first.body).toMatchObject([{ name: 'export-1' }]);
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link')!)![1]!;
    expect((await service.get(next)).body).toMatchObject([{ name: 'export-2' }]);
    expect((await service.request('DELETE', '/api/v1/heartbeats/export-2')).status).toBe(204);
    expect(await service.get('/api/v1/heartbeats/export-2')).toBeProblem('heartbeat.not-found');
    expect(await service.request('DELETE', '/api/v1/heartbeats/export-2')).toBeProblem('heartbeat.not-found');
    expect(await ping(pathOf(created.body.ping_url))).toMatchObject({ status: 200, text: 'OK' });
  });

  it('whose job does not report make one incident, which the next ping resolves', async () => {
    const { name, path } = await aHeartbeat({
      ...HOUR,
      time_zone: 'Europe/Moscow',
      description: 'No reports',
    });
    await ping(path);
    expect(await get(name)).toMatchObject({ state: 'up', incident_id: null });
    await timePasses(name, '65 minutes');
    const incident = await incidentOf(name);
    expect(incident).toMatchObject({
      status: 'NEW',
      source: 'monitoring',
      channel: HEARTBEAT_CHANNEL,
      dedup_key: name,
      occurrences: 1,
    });
    expect(incident.description).toMatch(
      /^job-\d+ has not reported\.\nNo reports\nLast ping: .+ Europe\/Moscow \(.+ UTC\)\.$/m,
    );
    expect((await service.get('/api/v1/heartbeats?with_problem=true')).body).toMatchObject([
      { name, state: 'missing' },
    ]);
    await timePasses(name, '2 hours');
    await ping(path);
    await untilState(name, 'up');
    const events = await eventsOf(incident.id);
    expect(events.map(({ type }: { type: string }) => type)).toEqual([
      'reported',
      'description_appended',
      'status_changed',
      'status_changed',
    ]);
    expect(events[1].text).toMatch(/It was missing for 2 h 5 min, since /);
    expect(events.at(-1)).toMatchObject({ to: 'RESOLVED', actor: 'heartbeats', channel: HEARTBEAT_CHANNEL });
    expect((await service.get('/api/v1/heartbeats?with_problem=true')).body).toEqual([]);
  });

  it('that are missing again reopen the incident that nobody has closed', async () => {
    const { name, path } = await aHeartbeat();
    await timePasses(name, '65 minutes');
    const { id } = await incidentOf(name);
    await ping(path);
    await untilState(name, 'up');
    await timePasses(name, '65 minutes');
    await untilState(name, 'missing');
    expect((await service.get(`/api/v1/incidents/${id}`)).body).toMatchObject({
      status: 'IN_PROGRESS',
      occurrences: 2,
    });
    expect((await get(name)).incident_id).toBe(id);
  });

  it('whose incident people have closed report again without it', async () => {
    const { name, path } = await aHeartbeat();
    await timePasses(name, '65 minutes');
    const { id } = await incidentOf(name);
    await service.patch(`/api/v1/incidents/${id}`, { status: 'CLOSED', via: 'shortest' });
    const { version } = (await service.get(`/api/v1/incidents/${id}`)).body;
    await ping(path);
    await untilState(name, 'up');
    expect((await service.get(`/api/v1/incidents/${id}`)).body).toMatchObject({ status: 'CLOSED', version });
    await timePasses(name, '65 minutes');
    await until(async () => (await get(name)).incident_id !== id);
  });

  it('whose job fails make an incident at once, with the end of its output', async () => {
    const { name, path } = await aHeartbeat();
    await ping(`${path}/start`);
    expect(await get(name)).toMatchObject({ state: 'running' });
    await ping(`${path}/3`, 'POST', 'connecting\ndisk full');
    const incident = await incidentOf(name);
    expect(incident.description).toContain(`${name} has failed with exit code 3.`);
    expect(incident.description).toMatch(/Output:\nconnecting\ndisk full$/);
    await ping(`${path}/fail`);
    await until(async () => (await service.get(`/api/v1/incidents/${incident.id}`)).body.occurrences === 2);
    await ping(`${path}/0`);
    await untilState(name, 'up');
    const { status, description } = (await service.get(`/api/v1/incidents/${incident.id}`)).body;
    expect(status).toBe('RESOLVED');
    expect(description).toContain('It had failed for');
  });

  it('whose run has no end within the grace are missing', async () => {
    const { name, path } = await aHeartbeat();
    await ping(path);
    await ping(`${path}/start`);
    await timePasses(name, '5 minutes');
    expect((await incidentOf(name)).description).toContain('has not ended within 5m');
  });

  it('record pings by any method, also under load', async () => {
    const { name, path } = await aHeartbeat();
    for (const method of ['GET', 'HEAD', 'POST'])
      expect((await fetch(service.url + path, { method })).status).toBe(200);
    await Promise.all(Array.from({ length: 100 }, () => ping(`${path}?x=1`)));
    expect(await pingsOf(name)).toBe(103);
  });

  it('keep the last five outputs, of long ones the end, and refuse no ping for its body', async () => {
    const { name, path } = await aHeartbeat();
    for (let n = 1; n <= 6; n++) await ping(path, 'POST', `output ${n}`);
    await ping(`${path}/1`, 'POST', `${'a'.repeat(150_000)}end`);
    expect((await ping(path, 'POST', 'x', { 'Content-Encoding': 'unknown' })).status).toBe(200);
    // The service closes the connection before such a body is sent.
    await ping(path, 'POST', Buffer.alloc(2_000_000)).catch(() => undefined);
    await until(async () => (await pingsOf(name)) === 9);
    const outputs = (await service.get(`/api/v1/heartbeats/${name}/outputs`)).body;
    expect(outputs).toMatchObject([
      { kind: 'failure', exit_code: 1 },
      { output: 'output 6', kind: 'success', exit_code: null },
      { output: 'output 5' },
      { output: 'output 4' },
      { output: 'output 3' },
    ]);
    expect(outputs[0].output).toHaveLength(100_000);
    expect(outputs[0].output).toMatch(/aend$/);
    expect(await service.get('/api/v1/heartbeats/nobody/outputs')).toBeProblem('heartbeat.not-found');
  });

  it('have a new ping URL after a rotation, and the earlier one is unknown', async () => {
    const { name, path } = await aHeartbeat();
    const rotated = await service.request('POST', `/api/v1/heartbeats/${name}/rotate`);
    expect(rotated.status).toBe(201);
    expect(await ping(path)).toBeProblem('heartbeat.not-found');
    expect((await ping(pathOf(rotated.body.ping_url))).status).toBe(200);
    expect(await service.request('POST', '/api/v1/heartbeats/nobody/rotate')).toBeProblem(
      'heartbeat.not-found',
    );
  });

  it('never repeat a token: not in answers to it, not in logs and not in metrics', async () => {
    const { path } = await aHeartbeat();
    const token = path.split('/').at(-1)!;
    const unknown = `${token.slice(0, -4)}AAAA`;
    logLines.length = 0;
    await ping(path);
    const answers = [
      await ping(`${path}/256`),
      await ping(`/ping/${unknown}`),
      await ping(`/ping/${unknown}/start`, 'POST', 'x'),
    ];
    for (const answer of answers) expect(answer.text).not.toContain(token.slice(0, 20));
    expect(answers[0]).toBeProblem('request.invalid');
    for (const answer of answers.slice(1)) expect(answer).toBeProblem('heartbeat.not-found');
    const written = logLines.join('');
    expect(written).toContain('/ping/:token');
    expect(written).not.toContain(token.slice(0, 20));
    const metrics = (await service.get('/metrics')).text;
    expect(metrics).not.toContain(token.slice(0, 20));
    expect(metrics).toMatch(/^heartbeat_pings_total\{kind="success"\} [1-9]/m);
    expect(metrics).toMatch(/^heartbeats_overdue_seconds \d/m);
    expect(metrics).toMatch(/^heartbeats_with_problem\{problem="failed"\} \d/m);
  });

  it('count what is the same schedule from its last ping on', async () => {
    const { name, path } = await aHeartbeat();
    await ping(path);
    await timePasses(name, '50 minutes');
    const before = (await get(name)).expected;
    await put(name, { ...HOUR, description: 'a' });
    expect((await get(name)).expected).toEqual(before);
    await put(name, { every: '2h' });
    expect((await get(name)).expected[0].at).not.toBe(before[0].at);
  });

  it.each([
    ['every', {}],
    ['every', { every: '0s' }],
    ['every', { every: 60 }],
    ['every', { every: '1h', at: '0 7 * * *', time_zone: 'UTC' }],
    ['at', { at: '0 7 * * *' }],
    ['at', { at: '0 0 7 * * *', time_zone: 'UTC' }],
    ['at', { at: '0 7 31 2 *', time_zone: 'UTC' }],
    ['at', { at: ['0 7 * * *'], time_zone: 'UTC' }],
    ['time_zone', { at: '0 7 * * *', time_zone: 'MSK' }],
    ['time_zone', { at: '0 7 * * *', time_zone: '+03:00' }],
    ['grace', { ...HOUR, grace: '1h30m' }],
    ['source', { ...HOUR, source: 'cron' }],
    ['urgent', { ...HOUR, urgent: 'yes' }],
    ['description', { ...HOUR, description: ' ' }],
    ['description', { ...HOUR, description: 'a'.repeat(1_001) }],
    ['name', { ...HOUR, name: 'a' }],
  ])('are rejected with a wrong %s: %j', async (member, json) => {
    const answer = await put('wrong', json);
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors).toMatchObject([{ in: 'body', pointer: `/${member}` }]);
  });

  it.each(['-a', 'a b', 'a/b', 'я', 'a'.repeat(65)])('are rejected under the name %s', async (name) => {
    const answer = await put(encodeURIComponent(name), HOUR);
    expect(answer).toBeProblem('request.invalid');
  });
});

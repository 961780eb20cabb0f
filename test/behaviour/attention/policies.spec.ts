import { MAX_POLICIES } from '../../../src/application/attention/manage-policies.js';
import { type Service, startService } from '../../support/service.js';

describe('policies for reminders', () => {
  let service: Service;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const put = (scope: string, json: unknown) => service.request('PUT', `/api/v1/policies/${scope}`, { json });

  it('are created, replaced as a whole, listed and deleted', async () => {
    const full = {
      take_within: '900s',
      escalate_after: 3,
      remind_in_progress_after: '4h',
      quiet_hours: '22:00-08:00 Europe/Moscow',
    };
    const created = await put('tg:-100123', full);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ scope: 'tg:-100123', ...full, take_within: '15m' });
    expect((await service.get('/api/v1/policies/tg:-100123')).body).toEqual(created.body);
    expect((await put('monitoring', { take_within: '1s', quiet_hours: null })).status).toBe(201);
    const replaced = await put('tg:-100123', { take_within: '90s' });
    expect(replaced).toMatchObject({
      status: 200,
      body: { take_within: '90s', escalate_after: null, remind_in_progress_after: null, quiet_hours: null },
    });
    const list = await service.get('/api/v1/policies');
    expect(list.body).toMatchObject([
      { scope: 'monitoring', take_within: '1s' },
      { scope: 'tg:-100123', take_within: '90s' },
    ]);
    expect((await service.request('DELETE', '/api/v1/policies/monitoring')).status).toBe(204);
    expect(await service.request('DELETE', '/api/v1/policies/monitoring')).toBeProblem('policy.not-found');
    expect(await service.get('/api/v1/policies/monitoring')).toBeProblem('policy.not-found');
  });

  it.each([
    ['take_within', '0s'],
    ['take_within', '15'],
    ['take_within', '500ms'],
    ['take_within', '10000d'],
    ['take_within', 15],
    ['remind_in_progress_after', '1h30m'],
    ['escalate_after', 0],
    ['escalate_after', 1.5],
    ['escalate_after', '3'],
    ['quiet_hours', '22:00-08:00'],
    ['quiet_hours', '22:00-08:00 MSK'],
    ['quiet_hours', '22:00-24:00 Europe/Moscow'],
    ['quiet_hours', '22:00-08:00 +03:00'],
    ['quiet_hours', { from: '22:00' }],
    ['remind', '15m'],
  ])('are rejected with the wrong %s %j, which the answer names', async (name, value) => {
    const answer = await put('operator', { [name]: value });
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors).toMatchObject([{ in: 'body', pointer: `/${name}` }]);
    expect(answer.body.detail).toContain(name);
  });

  it.each(['nobody', 'tg:', 'tg:1:2', 'TG:1', '-'])('are rejected for the scope %s', async (scope) => {
    expect(await put(scope, {})).toBeProblem('request.invalid');
  });

  it('are limited in number', async () => {
    await service.database.query(
      `INSERT INTO attention_policies (scope) SELECT 'tg:' || n FROM generate_series(1, ${MAX_POLICIES}) AS n`,
    );
    expect(await put('tg:more', {})).toBeProblem('policy.limit-reached');
    expect((await put('tg:1', {})).status).toBe(200);
  });
});

import { MAX_POLICIES } from '../../../src/application/attention/manage-policies.js';
import type { Role } from '../../../src/domain/access/role.js';
import { type Service, startService } from '../../support/service.js';

const OFF = {
  take_within: null,
  escalate_after: null,
  remind_in_progress_after: null,
  quiet_hours: null,
  on_duty: null,
  escalate_to: null,
  digest_at: null,
};

describe('policies for reminders', () => {
  let service: Service;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const aKey = async (name: string, role: Role, canImpersonate: boolean) => {
    const json = { name, role, can_impersonate: canImpersonate };
    return { 'X-Access-Key': (await service.request('POST', '/api/v1/keys', { json })).body.secret };
  };
  const put = (scope: string, json: unknown) => service.request('PUT', `/api/v1/policies/${scope}`, { json });
  const patch = (scope: string, json: unknown) =>
    service.request('PATCH', `/api/v1/policies/${scope}`, { json });

  it('are created, replaced as a whole, listed and deleted', async () => {
    const full = {
      take_within: '900s',
      escalate_after: 3,
      remind_in_progress_after: '4h',
      quiet_hours: '22:00-08:00 Europe/Moscow',
      on_duty: '@anna и @пётр',
      escalate_to: 'tg:-100999',
      digest_at: '09:00 Europe/Moscow',
    };
    const created = await put('tg:-100123', full);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ scope: 'tg:-100123', ...full, take_within: '15m' });
    expect((await service.get('/api/v1/policies/tg:-100123')).body).toEqual(created.body);
    expect((await put('monitoring', { take_within: '1s', quiet_hours: null })).status).toBe(201);
    const replaced = await put('tg:-100123', { take_within: '90s' });
    expect(replaced).toMatchObject({ status: 200, body: { ...OFF, take_within: '90s' } });
    expect((await service.get('/api/v1/policies/tg:-100123')).body).toEqual(replaced.body);
    const list = await service.get('/api/v1/policies');
    expect(list.body).toMatchObject([
      { scope: 'monitoring', take_within: '1s' },
      { scope: 'tg:-100123', take_within: '90s' },
    ]);
    expect((await service.request('DELETE', '/api/v1/policies/monitoring')).status).toBe(204);
    expect(await service.request('DELETE', '/api/v1/policies/monitoring')).toBeProblem('policy.not-found');
    expect(await service.get('/api/v1/policies/monitoring')).toBeProblem('policy.not-found');
  });

  describe('in part', () => {
    it('change, and keep their other members', async () => {
      await put('tg:-7', { take_within: '20m', on_duty: '@anna', digest_at: '09:00 UTC' });
      const changed = await patch('tg:-7', { take_within: null, quiet_hours: '22:00-08:00 UTC' });
      const expected = {
        scope: 'tg:-7',
        ...OFF,
        quiet_hours: '22:00-08:00 UTC',
        on_duty: '@anna',
        digest_at: '09:00 UTC',
      };
      expect(changed).toMatchObject({ status: 200, body: expected });
      expect((await service.get('/api/v1/policies/tg:-7')).body).toEqual(expected);
    });

    it('are created with the default for chats', async () => {
      const created = await patch('tg:-8', { on_duty: '@anna' });
      expect(created).toMatchObject({ status: 201, body: { ...OFF, take_within: '15m', on_duty: '@anna' } });
      expect((await service.get('/api/v1/policies/tg:-8')).body).toEqual(created.body);
    });

    it('are created with everything else off for a source', async () => {
      const created = await patch('partner', { escalate_after: 8 });
      expect(created).toMatchObject({ status: 201, body: { ...OFF, escalate_after: 8 } });
    });

    it('change for several people at once, and lose the change of none', async () => {
      const changes = [
        { take_within: '5m' },
        { escalate_after: 2 },
        { remind_in_progress_after: '1h' },
        { quiet_hours: '22:00-08:00 UTC' },
        { on_duty: '@anna' },
        { escalate_to: 'tg:-1' },
        { digest_at: '09:00 UTC' },
      ];
      const answers = await Promise.all(changes.map((change) => patch('tg:-9', change)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      const { body } = await service.get('/api/v1/policies/tg:-9');
      expect(body).toEqual({ scope: 'tg:-9', ...Object.assign({}, ...changes) });
    });

    it('are rejected without a member', async () => {
      expect(await patch('tg:-7', {})).toBeProblem('request.invalid');
    });
  });

  describe('with the key of an operator', () => {
    const requests = [
      ['PUT', {}],
      ['PATCH', { take_within: '15m' }],
      ['DELETE', undefined],
    ] as const;

    it.each(requests)('that can impersonate, change by %s for chats only', async (method, json) => {
      const headers = await aKey(`bot-${method}`, 'operator', true);
      await put('tg:-10', {});
      const answer = await service.request(method, '/api/v1/policies/tg:-10', { json, headers });
      expect([200, 204]).toContain(answer.status);
      const refused = await service.request(method, '/api/v1/policies/monitoring', { json, headers });
      expect(refused).toBeProblem('request.forbidden');
      expect(refused.body).toMatchObject({ role: 'operator', needed: ['admin'] });
      expect(refused.body.detail).toContain('policies of chats');
    });

    it.each(requests)('that cannot impersonate, do not change by %s', async (method, json) => {
      const headers = await aKey(`person-${method}`, 'operator', false);
      const answer = await service.request(method, '/api/v1/policies/tg:-10', { json, headers });
      expect(answer).toBeProblem('request.forbidden');
      expect(answer.body.detail).toContain('can impersonate');
    });

    it('are rejected before the body is read', async () => {
      const headers = await aKey('no-bot', 'operator', false);
      const answer = await service.request('PUT', '/api/v1/policies/tg:-10', { headers, body: '{broken' });
      expect(answer).toBeProblem('request.forbidden');
    });
  });

  it.each([{ on_duty: '@anna' }, { escalate_to: 'tg:-1' }, { digest_at: '09:00 UTC' }])(
    'are rejected with %j for a source, where it would have no effect',
    async (json) => {
      for (const request of [put, patch]) {
        const answer = await request('monitoring', json);
        expect(answer).toBeProblem('request.invalid');
        expect(answer.body.errors).toMatchObject([{ in: 'body', pointer: `/${Object.keys(json)[0]}` }]);
        const off = { take_within: '1s', [Object.keys(json)[0]!]: null };
        expect([200, 201]).toContain((await request('operator', off)).status);
      }
    },
  );

  it('do not escalate to their own chat', async () => {
    for (const request of [put, patch]) {
      const answer = await request('tg:-100123', { escalate_to: 'tg:-100123' });
      expect(answer).toBeProblem('request.invalid');
      expect(answer.body.errors).toMatchObject([{ in: 'body', pointer: '/escalate_to' }]);
    }
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
    ['on_duty', ''],
    ['on_duty', ' '],
    ['on_duty', '@anna\n@boris'],
    ['on_duty', 'an\u202Ena'],
    ['on_duty', 'a'.repeat(256)],
    ['on_duty', ['@anna']],
    ['escalate_to', '-100999'],
    ['escalate_to', 'tg:1:2'],
    ['escalate_to', 'monitoring'],
    ['escalate_to', -100999],
    ['digest_at', '09:00'],
    ['digest_at', '9:00 Europe/Moscow'],
    ['digest_at', '09:00 MSK'],
    ['digest_at', 900],
    ['remind', '15m'],
  ])('are rejected with the wrong %s %j, which the answer names', async (name, value) => {
    for (const request of [put, patch]) {
      const answer = await request('operator', { [name]: value });
      expect(answer).toBeProblem('request.invalid');
      expect(answer.body.errors).toMatchObject([{ in: 'body', pointer: `/${name}` }]);
      expect(answer.body.detail).toContain(name);
    }
  });

  it.each(['nobody', 'tg:', 'tg:1:2', 'TG:1', '-'])('are rejected for the scope %s', async (scope) => {
    expect(await put(scope, {})).toBeProblem('request.invalid');
  });

  it('are limited in number', async () => {
    await service.database.query(
      `INSERT INTO attention_policies (scope) SELECT 'tg:' || n FROM generate_series(1, ${MAX_POLICIES}) AS n`,
    );
    expect(await put('tg:more', {})).toBeProblem('policy.limit-reached');
    expect(await patch('tg:more', { escalate_after: 1 })).toBeProblem('policy.limit-reached');
    expect((await put('tg:1', {})).status).toBe(200);
  });
});

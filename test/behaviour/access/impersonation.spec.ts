import { type Service, startService } from '../../support/service.js';

describe('a key that may impersonate', () => {
  let service: Service;
  let bot: Record<string, string>;
  let plain: Record<string, string>;
  beforeAll(async () => {
    service = await startService();
    const keyOf = async (name: string, more: object) => {
      const json = { name, role: 'operator', ...more };
      const { body } = await service.request('POST', '/api/v1/keys', { json });
      return { body, headers: { 'X-Access-Key': body.secret } };
    };
    const relay = await keyOf('bot', { can_impersonate: true });
    expect(relay.body.can_impersonate).toBe(true);
    bot = relay.headers;
    const usual = await keyOf('usual', {});
    expect(usual.body.can_impersonate).toBe(false);
    plain = usual.headers;
  });
  afterAll(() => service.stop());

  const json = { description: 'Самокат #42 оффлайн', source: 'operator' };
  const report = (headers: Record<string, string>) =>
    service.request('POST', '/api/v1/incidents', { json, headers });
  const eventsOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body;
  const ivan = { 'X-Actor': encodeURIComponent('telegram:7 Иван 🛴 100%'), 'X-Channel': 'telegram' };

  it('sets the actor and the channel in the history', async () => {
    const { status, body } = await report({ ...bot, ...ivan });
    expect(status).toBe(201);
    expect(body.channel).toBe('telegram');
    const path = `/api/v1/incidents/${body.id}`;
    await service.patch(`${path}/status`, { status: 'IN_PROGRESS' }, { ...bot, ...ivan });
    await service.patch(path, { description_append: 'еду' }, { ...bot, 'X-Actor': 'telegram:8' });
    await service.patch(path, { description_append: 'я' }, { ...bot, 'X-Channel': 'telegram' });
    const provenances = (await eventsOf(body.id)).map(({ actor, channel }: Record<string, string>) => [
      actor,
      channel,
    ]);
    expect(provenances).toEqual([
      ['telegram:7 Иван 🛴 100%', 'telegram'],
      ['telegram:7 Иван 🛴 100%', 'telegram'],
      ['telegram:8', 'rest'],
      ['bot', 'telegram'],
    ]);
    expect((await service.get(path)).body.channel).toBe('telegram');
  });

  it.each([
    ['U+202E', '\u202eadmin'],
    ['U+200B', 'ad\u200bmin'],
    ['U+FEFF', 'admin\ufeff'],
    ['U+3164', 'admin\u3164'],
  ])('rejects an actor with %s', async (character, name) => {
    const answer = await report({ ...bot, 'X-Actor': encodeURIComponent(name) });
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.detail).toContain(character);
  });

  it('sets the actor of all lines of a stream', async () => {
    const answer = await service.request('POST', '/api/v1/incidents', {
      headers: { ...bot, ...ivan, 'Content-Type': 'application/x-ndjson' },
      body: `${JSON.stringify(json)}\n`,
    });
    const { id } = JSON.parse(answer.text);
    expect((await eventsOf(id))[0]).toMatchObject({ actor: 'telegram:7 Иван 🛴 100%', channel: 'telegram' });
  });

  it('must be created with can_impersonate, which a rotation keeps', async () => {
    for (const [name, value] of [
      ['X-Actor', 'x'],
      ['X-Channel', 'rest'],
    ] as const) {
      expect(await report({ ...plain, [name]: value })).toBeProblem('request.forbidden');
    }
    expect((await report(plain)).body.channel).toBe('rest');
    const { body: keys } = await service.get('/api/v1/keys');
    const { id } = keys.find(({ name }: { name: string }) => name === 'bot');
    const { body } = await service.request('POST', `/api/v1/keys/${id}/rotate`);
    expect(body.can_impersonate).toBe(true);
    expect((await report({ 'X-Access-Key': body.secret, ...ivan })).status).toBe(201);
  });

  it('may be the key in X_ACCESS_KEY', async () => {
    expect((await report(ivan)).body.channel).toBe('telegram');
  });

  it.each([
    ['X-Actor', ''],
    ['X-Actor', '%20'],
    ['X-Actor', '%'],
    ['X-Actor', '%ff'],
    ['X-Actor', '%00'],
    ['X-Actor', 'a%0Ab'],
    ['X-Actor', '\u00e9'],
    ['X-Actor', 'a'.repeat(256)],
    ['X-Channel', 'kafka'],
    ['X-Channel', ''],
  ])('gets a validation error for %s: %j', async (name, value) => {
    const answer = await report({ ...bot, [name]: value });
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors).toEqual([{ in: 'header', pointer: `/${name}`, detail: expect.any(String) }]);
  });

  it('accepts an actor of up to 255 characters in any encoding', async () => {
    const actor = '🛴'.repeat(255);
    const { body } = await report({ ...bot, 'X-Actor': encodeURIComponent(actor) });
    expect((await eventsOf(body.id))[0].actor).toBe(actor);
  });
});

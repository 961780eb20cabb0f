import { accountOf, expectBalanced } from '../support/accounts.js';
import { type Service, startService } from '../support/service.js';

describe('the accounts of intake', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const account = async (channel: 'rest' | 'telegram') =>
    accountOf((await service.get('/metrics')).text, channel);

  it('have an outcome for each report over REST, whatever becomes of it', async () => {
    await service.report();
    await service.report({ dedup_key: 'k' });
    await service.report({ dedup_key: 'k' });
    await service.report({ description: '' });
    await service.report({ more: 1 });
    const once = { headers: { 'Idempotency-Key': 'once' }, json: { description: 'a', source: 'partner' } };
    await service.request('POST', '/api/v1/incidents', once);
    await service.request('POST', '/api/v1/incidents', once);
    await service.request('POST', '/api/v1/incidents', {
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: '{"description":"a","source":"partner"}\n{\n{"description":"b","source":"partner"}\n',
    });
    const found = await account('rest');
    expect(found).toEqual({
      received: 10,
      created: 5,
      repeated: 2,
      applied: 0,
      quarantined: 0,
      refused: 3,
    });
    expectBalanced(found);
  });

  it('are kept for each channel', async () => {
    await service.request('POST', '/api/v1/incidents', {
      headers: { 'X-Channel': 'telegram' },
      json: { description: 'a', source: 'partner' },
    });
    expect(await account('telegram')).toMatchObject({ received: 1, created: 1 });
  });
});

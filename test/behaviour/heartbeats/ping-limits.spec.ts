import { MAX_PINGS_PER_MINUTE } from '../../../src/application/heartbeat/ping-rates.js';
import { fromElsewhere, type Service, startService } from '../../support/service.js';

describe('pings', () => {
  let service: Service;
  let path: string;

  beforeAll(async () => {
    service = await startService({ environment: { TRUSTED_PROXIES: '127.0.0.1' } });
    const { body } = await service.request('PUT', '/api/v1/heartbeats/job', { json: { every: '1h' } });
    path = new URL(body.ping_url).pathname;
  });
  afterAll(() => service.stop());

  it('with unknown tokens are limited by network, and never those of a heartbeat', async () => {
    const headers = fromElsewhere();
    const unknown = () => service.request('GET', `/ping/${'a'.repeat(43)}`, { headers });
    for (let n = 0; n < 20; n++) expect(await unknown()).toBeProblem('heartbeat.not-found');
    const limited = await unknown();
    expect(limited).toBeProblem('request.rate-limited');
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await service.request('GET', path, { headers })).status).toBe(200);
  });

  it('of a heartbeat are limited by the minute', async () => {
    // The minute may end meanwhile: at most twice the limit is recorded.
    let isLimited = false;
    for (let n = 0; n < 2 * MAX_PINGS_PER_MINUTE + 1 && !isLimited; n++)
      isLimited = (await service.request('GET', path)).status === 429;
    expect(isLimited).toBe(true);
  });
});

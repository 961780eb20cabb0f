import { Registry } from 'prom-client';
import { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { IncidentsApiClient } from '../../../src/chat/core/api/incidents-api-client.js';
import { digestMessage } from '../../../src/chat/core/notices/digest.js';
import { TRANSLATIONS } from '../../../src/chat/core/translations/languages.js';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import { KEY, type Service, startService } from '../../support/service.js';

const DAY_MS = 86_400_000;

describe('the digest of a chat', () => {
  let service: Service;
  let api: IncidentsApi;

  beforeAll(async () => {
    service = await startService();
    const health = new BotHealth();
    const address = { url: service.url, accessKey: KEY };
    const metrics = new BotMetrics(new Registry(), health);
    const { signal } = new AbortController();
    api = new IncidentsApi(new IncidentsApiClient(address, health, metrics, signal, new MonotonicClock()));
  });
  afterAll(() => service.stop());

  const report = async (description: string, origin?: string): Promise<string> => {
    const { body } = await service.report({ description, source: 'operator', origin });
    return `/api/v1/incidents/${body.id}`;
  };
  const digest = async (now: Date) =>
    (await digestMessage(api, ['tg:-1', 'tg:-100'], now, TRANSLATIONS.en)).text;

  it('has the incidents of the chat, under each of its ids, and no others', async () => {
    const tomorrow = new Date(Date.now() + DAY_MS + 60_000);
    expect(await digest(tomorrow)).toContain('Nothing waits');
    await report('Till 1', 'tg:-1:7');
    const taken = await report('Till 2', 'tg:-100:7');
    await service.patch(taken, { assignee: 'telegram:7 Anna' });
    const resolved = await report('Till 3', 'tg:-100:8');
    await service.patch(resolved, { status: 'RESOLVED', via: 'shortest' });
    await report('Till 4', 'tg:-2:7');
    await report('Till 5');
    expect(await digest(new Date())).toBe(
      [
        'Digest of incidents',
        '',
        'Nobody has taken: 1',
        '#1 · 0 min · Till 1',
        '',
        'New in the last 24 hours: 3; resolved of these: 1.',
      ].join('\n'),
    );
    expect(await digest(tomorrow)).toBe(
      [
        'Digest of incidents',
        '',
        'Nobody has taken: 1',
        '#1 · 24 h · Till 1',
        '',
        'In progress for more than a day: 1',
        '#2 · 24 h · Anna · Till 2',
        '',
        'New in the last 24 hours: 0; resolved of these: 0.',
      ].join('\n'),
    );
  });
});

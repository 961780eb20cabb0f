import { BATCH, EVENT } from '../../../src/presentation/channels/cloudevents/examples.js';
import { aSender, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';

const STRUCTURED = { 'Content-Type': 'application/cloudevents+json; charset=utf-8' };
const BATCHED = { 'Content-Type': 'application/cloudevents-batch+json' };

describe('CloudEvents', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'cloudevents', 'events');
  });
  afterAll(() => service.stop());

  const counts = (more: object) => ({
    status: 202,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });
  const descriptions = async () =>
    (await service.get('/api/v1/incidents?sort=created_at&limit=200')).body.map(
      ({ description }: { description: string }) => description,
    );

  it('report in structured mode, once for each source and id', async () => {
    expect(await sender.post('', EVENT, STRUCTURED)).toMatchObject(counts({ created: 1 }));
    // Another sender may write the same event in another way.
    const { data, ...attributes } = EVENT;
    expect(await sender.post('', { data, ...attributes }, STRUCTURED)).toMatchObject(
      counts({ duplicate: 1 }),
    );
    expect(await sender.post('', { ...EVENT, source: '/other' }, STRUCTURED)).toMatchObject(
      counts({ created: 1 }),
    );
    expect((await descriptions())[0].split('\n')).toEqual([
      'com.example.export.failed: sales-2026-11-20',
      'message: The report was not exported',
      'attempt: 3',
      'error: disk full',
      'Type: com.example.export.failed',
      'Source: /exports/nightly',
      'Subject: sales-2026-11-20',
      'Event: A234-1234-1234',
      'Time: 2026-11-20T01:31:00Z',
    ]);
  });

  it('report in batches, of which each event takes effect once', async () => {
    expect(await sender.post('', BATCH, BATCHED)).toMatchObject(counts({ created: 1, duplicate: 1 }));
    expect(await sender.post('', [], BATCHED)).toMatchObject(counts({}));
  });

  it('report in binary mode, with text, JSON, bytes and nothing as data', async () => {
    const binary = (id: string, body: string, type: string, more: object = {}) =>
      sender.post('', body, {
        'Content-Type': type,
        'ce-specversion': '1.0',
        'ce-type': 'binary',
        'ce-source': '/binary',
        'ce-id': id,
        ...more,
      });
    const answers = [
      await binary('1', 'disk full', 'text/plain'),
      await binary('2', '{"error": "disk full"}', 'application/json'),
      await binary('3', '', 'text/plain', { 'ce-subject': '%D0%AF' }),
    ];
    for (const answer of answers) expect(answer).toMatchObject(counts({ created: 1 }));
    expect(await binary('1', 'disk full', 'text/plain')).toMatchObject(counts({ duplicate: 1 }));
    const found = (await descriptions()).filter((text: string) => text.startsWith('binary'));
    expect(found).toEqual([
      expect.stringMatching(/^binary\ndisk full\n/),
      expect.stringMatching(/^binary\nerror: disk full\n/),
      expect.stringMatching(/^binary: Я\n/),
    ]);
  });

  it('that are none are quarantined, alone in a batch, and a retry works as the request would have', async () => {
    expect(await sender.post('', '{"specversion":', STRUCTURED)).toMatchObject(counts({ quarantined: 1 }));
    expect(await sender.post('', EVENT)).toMatchObject(counts({ quarantined: 1 }));
    const batch = [
      { ...EVENT, id: 'of the batch' },
      { ...EVENT, id: undefined },
      { ...EVENT, specversion: '0.3' },
      1,
    ];
    expect(await sender.post('', batch, BATCHED)).toMatchObject(counts({ created: 1, quarantined: 3 }));
    const stored = await storedOf(service, 'cloudevents');
    const reasons = stored.map(({ reason }) => reason.replace('request.malformed-body: ', ''));
    // Those of a batch are stored in any order.
    expect(reasons).toEqual([
      expect.stringContaining('not JSON'),
      expect.stringContaining('ce-specversion'),
      ...Array.from({ length: 3 }, () => expect.any(String)),
    ]);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'id is required.',
        'specversion must be "1.0".',
        'An event must be a JSON object.',
      ]),
    );
    const withoutId = stored.find(({ reason }) => reason.endsWith('id is required.'))!;
    const mended = Buffer.from(JSON.stringify([{ ...EVENT, id: 'mended' }]));
    await service.database.query('UPDATE intake_quarantine SET payload = $1 WHERE id = $2', [
      mended,
      withoutId.id,
    ]);
    const retried = await service.request('POST', `/api/v1/quarantine/${withoutId.id}/retry`);
    expect(retried).toMatchObject({ status: 200, body: { state: 'accepted' } });
  });
});

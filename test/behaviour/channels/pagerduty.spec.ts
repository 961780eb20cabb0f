import {
  ACKNOWLEDGE,
  CHANGE,
  RESOLVE,
  TRIGGER,
} from '../../../src/presentation/channels/pagerduty/examples.js';
import { intakeCountsIn, expectBalanced } from '../../support/intake-counts.js';
import { aSender, movesOf, postAlone, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';

const ENQUEUE = '/v2/enqueue';

describe('events of PagerDuty', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'pagerduty', 'pagerduty');
  });
  afterAll(async () => {
    try {
      expectBalanced(intakeCountsIn((await service.get('/metrics')).text, 'pagerduty'));
    } finally {
      await service.stop();
    }
  });

  const trigger = (dedupKey: string | undefined, more: object = {}) =>
    sender.post(ENQUEUE, {
      event_action: 'trigger',
      dedup_key: dedupKey,
      payload: { summary: 'The disk is full', source: 'db-1', severity: 'error', ...more },
    });
  const act = (event_action: string, dedup_key: string, by = sender) =>
    by.post(ENQUEUE, { event_action, dedup_key });
  const success = (dedup_key: unknown) => ({
    status: 202,
    body: { status: 'success', message: 'Event processed', dedup_key },
  });
  const invalid = (...errors: string[]) => ({
    status: 400,
    body: { status: 'invalid event', message: 'Event object is invalid', errors },
  });

  it('report a cause, count its duplicates, take it up and resolve it', async () => {
    expect(await trigger('life')).toMatchObject(success('life'));
    expect(await trigger('life', { summary: 'The disk is still full' })).toMatchObject(success('life'));
    expect(await act('acknowledge', 'life')).toMatchObject(success('life'));
    expect(await act('resolve', 'life')).toMatchObject(success('life'));
    const [incident, ...others] = await sender.incidentsOf('life');
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      status: 'RESOLVED',
      source: 'monitoring',
      channel: 'pagerduty',
      occurrences: 2,
      urgent: false,
      assignee: null,
    });
    expect(await movesOf(service, incident.id)).toEqual([
      'reported',
      'duplicate_reported',
      'IN_PROGRESS',
      'RESOLVED',
    ]);
  });

  it('keep every field of the documented example in the text', async () => {
    await sender.post(ENQUEUE, TRIGGER);
    const [{ description, urgent }] = await sender.incidentsOf('samplekeyhere');
    expect(urgent).toBe(true);
    expect(description.split('\n')).toEqual([
      TRIGGER.payload.summary,
      'Time: 2026-07-17T08:42:58.315+0000',
      'Severity: critical',
      'Source: prod05.theseus.acme-widgets.com',
      'Component: postgres',
      'Group: prod-datapipe',
      'Class: deploy',
      'ping time: 1500ms',
      'load avg: 0.75',
      'Sent by: Sample Monitoring Service',
      'Sent from: https://monitoring.example.com',
      'Link: Link text https://example.com/',
      'Image: Example text https://www.pagerduty.com/wp-content/uploads/2016/05/pagerduty-logo-green.png https://example.com/',
    ]);
    expect(await sender.post(ENQUEUE, ACKNOWLEDGE)).toMatchObject(success('samplekeyhere'));
    expect(await sender.post(ENQUEUE, RESOLVE)).toMatchObject(success('samplekeyhere'));
    expect(await sender.incidentsOf('samplekeyhere')).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('may lack a severity or write it in another case', async () => {
    expect(await trigger('no-severity', { severity: undefined })).toMatchObject(success('no-severity'));
    expect(await trigger('cased', { severity: 'Critical' })).toMatchObject(success('cased'));
    expect(await sender.incidentsOf('cased')).toMatchObject([{ urgent: true }]);
  });

  it('get a deduplication key if they have none, by which they can be resolved', async () => {
    const answers = [await trigger(undefined), await trigger(undefined)];
    const keys = answers.map(({ body }) => body.dedup_key as string);
    expect(new Set(keys).size).toBe(2);
    await act('resolve', keys[0]!);
    expect(await sender.incidentsOf(keys[0]!)).toMatchObject([{ status: 'RESOLVED' }]);
    expect(await sender.incidentsOf(keys[1]!)).toMatchObject([{ status: 'NEW' }]);
  });

  it('resolve and take up only incidents of their own key; what is unknown is a success', async () => {
    const other = await aSender(service, 'pagerduty', 'other');
    await trigger('mine');
    await service.report({ dedup_key: `key:${other.id}/mine` });
    for (const action of ['acknowledge', 'resolve'])
      expect(await act(action, 'mine', other)).toMatchObject(success('mine'));
    expect(await sender.incidentsOf('mine')).toMatchObject([{ status: 'NEW' }]);
    expect(await other.incidentsOf('mine')).toMatchObject([{ status: 'NEW', channel: 'rest' }]);
    await other.post(ENQUEUE, TRIGGER);
    expect(await other.incidentsOf('samplekeyhere')).toMatchObject([{ occurrences: 1 }]);
  });

  it('do not move an incident backwards', async () => {
    await trigger('forwards');
    await act('resolve', 'forwards');
    await act('acknowledge', 'forwards');
    expect(await sender.incidentsOf('forwards')).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('keep a cause of 255 characters, and the digest of a longer one', async () => {
    for (const key of ['k'.repeat(255), 'я'.repeat(400)]) {
      expect(await trigger(key)).toMatchObject(success(key));
      await act('resolve', key);
    }
    const { body } = await service.get('/api/v1/incidents?q=disk&limit=200');
    expect(body.filter(({ dedup_key: key }: any) => key?.includes('/sha256:'))).toMatchObject([
      { status: 'RESOLVED' },
      { status: 'RESOLVED' },
    ]);
  });

  it.each([
    [{}, ["'event_action' is missing or blank"]],
    [{ event_action: 'trigger' }, ["'payload' is missing or blank"]],
    [
      { event_action: 'trigger', payload: { severity: 'info' } },
      ["'payload.summary' is missing or blank", "'payload.source' is missing or blank"],
    ],
    [{ event_action: 'resolve' }, ["'dedup_key' is missing or blank"]],
    [{ event_action: 'acknowledge', dedup_key: ' ' }, ["'dedup_key' is missing or blank"]],
    [
      { event_action: 'escalate', dedup_key: 'a' },
      ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"],
    ],
  ])('that are incomplete get the 400 of PagerDuty: %j', async (event, errors) => {
    expect(await sender.post(ENQUEUE, event)).toMatchObject(invalid(...errors));
  });

  it('that are unrecognizable are quarantined in full, and get a success', async () => {
    for (const bytes of ['{"event_action":', '[]', '{"event_action":"resolve","event_action":"trigger"}']) {
      expect(await sender.post(ENQUEUE, bytes)).toMatchObject({ status: 202, body: { status: 'success' } });
      const stored = (await storedOf(service, 'pagerduty')).at(-1);
      expect(stored).toMatchObject({ state: 'pending', preview: bytes });
    }
    const texts = await sender.post(ENQUEUE, {
      event_action: 'trigger',
      dedup_key: 'nul',
      payload: { summary: 'a\0', source: 'b' },
    });
    expect(texts).toMatchObject(success('nul'));
    const quarantined = (await storedOf(service, 'pagerduty')).at(-1);
    expect(quarantined.reason).toContain('NUL');
    await service.database.query('UPDATE intake_quarantine SET payload = $1 WHERE id = $2', [
      Buffer.from(
        JSON.stringify({ ...RESOLVE, event_action: 'trigger', payload: TRIGGER.payload, dedup_key: 'nul' }),
      ),
      quarantined.id,
    ]);
    const retried = await service.request('POST', `/api/v1/quarantine/${quarantined.id}/retry`);
    expect(retried).toMatchObject({ status: 200, body: { state: 'accepted' } });
    // It belongs to the sender, whoever retries.
    expect(await sender.incidentsOf('nul')).toMatchObject([{ status: 'NEW' }]);
  });

  it('about changes are stored, and are no incidents', async () => {
    const answer = await sender.post('/v2/change/enqueue', CHANGE);
    expect(answer).toMatchObject({
      status: 202,
      body: { status: 'success', message: 'Change event processed' },
    });
    expect((await storedOf(service, 'pagerduty')).at(-1)).toMatchObject({
      state: 'accepted',
      reason: `A change event: ${CHANGE.payload.summary}`,
    });
    expect(await sender.post('/v2/change/enqueue', { payload: {} })).toMatchObject(
      invalid("'payload.summary' is missing or blank"),
    );
  });

  it('have up to 512,000 bytes; a text that is too long is cut, and the event archived', async () => {
    const event = (length: number) => {
      const json = (custom_details: string) =>
        JSON.stringify({
          event_action: 'trigger',
          dedup_key: 'large',
          payload: { summary: 's', source: 'a', custom_details },
        });
      return json('x'.repeat(length - json('').length));
    };
    expect(await sender.post(ENQUEUE, event(512_000))).toMatchObject(success('large'));
    const [{ description }] = await sender.incidentsOf('large');
    const [, path] = /The whole alert: (\S+)\]/.exec(description)!;
    expect((await service.get(path!)).text).toHaveLength(512_000);
    const at = '/api/v1/intake/pagerduty/v2/enqueue';
    expect(await postAlone(service, at, sender.key, event(512_001))).toMatchObject({
      status: 413,
      body: { status: 'invalid event', errors: [expect.stringContaining('512000')] },
    });
  });

  it('that are refused get the format of PagerDuty', async () => {
    const unauthorized = await sender.post(ENQUEUE, RESOLVE, { 'X-Access-Key': 'wrong' });
    expect(unauthorized).toMatchObject({ status: 401, body: { status: 'invalid key' } });
    const json = { name: 'signer', role: 'reporter', signed_only: true };
    const { secret } = (await service.request('POST', '/api/v1/keys', { json })).body;
    const unsigned = await sender.post(ENQUEUE, RESOLVE, { 'X-Access-Key': secret });
    expect(unsigned).toMatchObject({ status: 401, body: { status: 'invalid key' } });
    await service.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'fail' USING ERRCODE = '53300'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION fail()`);
    const unavailable = await trigger('later');
    await service.database.query('DROP TRIGGER fail ON incidents; DROP FUNCTION fail()');
    expect(unavailable).toMatchObject({ status: 503, body: { status: 'unavailable' } });
    expect(unavailable.headers.get('retry-after')).toBe('1');
    expect(await trigger('later')).toMatchObject(success('later'));
    expect(await sender.incidentsOf('later')).toMatchObject([{ occurrences: 1 }]);
  });

  it('above the rate limit get a 429, after which the clients of PagerDuty wait', async () => {
    const limited = await startService({ environment: { RATE_LIMIT: '1' } });
    try {
      const throttled = await aSender(limited, 'pagerduty', 'limited');
      expect(await throttled.post(ENQUEUE, RESOLVE)).toMatchObject({ status: 202 });
      const answer = await throttled.post(ENQUEUE, RESOLVE);
      expect(answer).toMatchObject({ status: 429, body: { status: 'throttle exceeded' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await limited.stop();
    }
  });
});

import { randomUUID } from 'node:crypto';
import { INTAKE_OUTCOMES, type IntakeOutcome } from '../../../src/application/intake/intake-metrics.js';
import type { IncidentChannel } from '../../../src/domain/incident/incident-channel.js';
import { API_CHANNEL } from '../../../src/presentation/http/auth/provenance.js';
import { REGISTERED_CHANNELS } from '../../../src/presentation/channels/registered-channels.js';
import {
  intakeCountsIn,
  type StoredCounts,
  storedCountsIn,
  countsSince,
} from '../../support/intake-counts.js';
import { aNotification, anAlert } from '../../support/alerts.js';
import { routesOf } from '../../support/routes.js';
import { type Service, startService } from '../../support/service.js';

type Send = (json: unknown, headers?: Record<string, string>) => Promise<unknown>;
type SendBytes = (body: string, type: string, headers?: Record<string, string>) => Promise<unknown>;

/** Requests to a route, how they must be counted, and what they must store. */
interface Case {
  readonly what: string;
  readonly run: (send: Send, sendBytes: SendBytes, otherPath: (id: string) => Send) => Promise<unknown>;
  readonly account: Partial<Record<IntakeOutcome, number>>;
  readonly evidence?: Partial<StoredCounts>;
}

/** The channels that X-Channel may name. */
const RELAYED_CHANNELS = [
  API_CHANNEL,
  ...REGISTERED_CHANNELS.filter(({ isRelayed }) => isRelayed).map(({ name }) => name),
];

const NDJSON = 'application/x-ndjson';
const report = (more: object = {}) => ({ description: 'a', source: 'partner', ...more });
const line = (more: object = {}) => `${JSON.stringify(report(more))}\n`;
const aKey = () => ({ 'Idempotency-Key': randomUUID() });

/** Requests that every route with a body rejects. @param valid a body that the route accepts. */
const rejections = (valid: object): Case[] => [
  { what: 'invalid JSON', run: (_, bytes) => bytes('{', 'application/json'), account: { rejected: 1 } },
  { what: 'another content type', run: (_, bytes) => bytes('a', 'text/plain'), account: { rejected: 1 } },
  { what: 'an unknown field', run: (send) => send({ ...valid, more: 1 }), account: { rejected: 1 } },
  { what: 'an empty object', run: (send) => send({}), account: { rejected: 1 } },
  {
    what: 'an invalid idempotency key',
    run: (send) => send(valid, { 'Idempotency-Key': 'a b' }),
    account: { rejected: 1 },
  },
];

const REPORTS: Case[] = [
  {
    what: 'a report',
    run: (send) => send(report()),
    account: { created: 1 },
    evidence: { incidents: 1 },
  },
  {
    what: 'three reports with one dedup_key',
    run: async (send) => {
      const duplicate = report({ dedup_key: randomUUID() });
      for (let n = 0; n < 3; n++) await send(duplicate);
    },
    account: { created: 1, duplicate: 2 },
    evidence: { incidents: 1, furtherReports: 2 },
  },
  {
    what: 'a request, two replays, and another request under its key',
    run: async (send) => {
      const key = aKey();
      for (let n = 0; n < 3; n++) await send(report(), key);
      await send(report({ description: 'b' }), key);
    },
    account: { created: 1, duplicate: 2, rejected: 1 },
    evidence: { incidents: 1 },
  },
  ...rejections(report()),
  {
    what: 'lines',
    run: async (_, sendBytes) => {
      const once = line({ idempotency_key: randomUUID() });
      const duplicate = line({ dedup_key: randomUUID() });
      await sendBytes(`${line()}${once}{\n${duplicate}${line({ description: '' })}`, NDJSON);
      await sendBytes(`${once}${duplicate}`, NDJSON);
    },
    account: { created: 3, duplicate: 2, rejected: 2 },
    evidence: { incidents: 3, furtherReports: 1 },
  },
  {
    what: 'lines under one key',
    run: (_, sendBytes) => sendBytes(line() + line(), NDJSON, aKey()),
    account: { rejected: 1 },
  },
  {
    what: 'compressed lines',
    run: (_, sendBytes) => sendBytes(line() + line(), NDJSON, { 'Content-Encoding': 'gzip' }),
    account: { rejected: 1 },
  },
];

const changes = (valid: object): Case[] => [
  {
    what: 'a change',
    run: (send) => send(valid),
    account: { updated: 1 },
    evidence: { changes: 1 },
  },
  {
    what: 'a change, two replays, and another change under its key',
    run: async (send) => {
      const key = aKey();
      for (let n = 0; n < 3; n++) await send(valid, key);
      await send({ status: 'CLOSED' }, key);
    },
    account: { updated: 1, duplicate: 2, rejected: 1 },
    evidence: { changes: 1 },
  },
  {
    what: 'an illegal transition, sent three times',
    run: async (send) => {
      const key = aKey();
      for (let n = 0; n < 3; n++) await send({ status: 'CLOSED' }, key);
    },
    account: { rejected: 3 },
  },
  {
    what: 'a change of another version',
    run: (send) => send(valid, { 'If-Match': '"1-7"' }),
    account: { rejected: 1 },
  },
  {
    what: 'unknown incidents',
    run: async (_send, _bytes, otherPath) => {
      for (const id of ['999999', 'abc', '9'.repeat(20)]) await otherPath(id)(valid);
    },
    account: { rejected: 3 },
  },
  ...rejections(valid),
];

const FORM = 'multipart/form-data; boundary=x';
const form = (name: string, content: string) =>
  `--x\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\n\r\n${content}\r\n--x--\r\n`;

const FORMS: Case[] = [
  {
    what: 'a report as a form',
    run: (_, sendBytes) => sendBytes(form('report', JSON.stringify(report())), FORM),
    account: { created: 1 },
    evidence: { incidents: 1 },
  },
  {
    what: 'a form without a report',
    run: (_, sendBytes) => sendBytes(form('file', 'a'), FORM),
    account: { rejected: 1 },
  },
];

const FILES: Case[] = [
  {
    what: 'a file',
    run: (_, sendBytes) => sendBytes(form('file', 'a'), FORM),
    account: { updated: 1 },
    evidence: { changes: 1 },
  },
  {
    what: 'a file, two replays, and another file under its key',
    run: async (_, sendBytes) => {
      const key = aKey();
      for (let n = 0; n < 3; n++) await sendBytes(form('file', 'a'), FORM, key);
      await sendBytes(form('file', 'b'), FORM, key);
    },
    account: { updated: 1, duplicate: 2, rejected: 1 },
    evidence: { changes: 1 },
  },
  { what: 'JSON', run: (send) => send({}), account: { rejected: 1 } },
  { what: 'a broken form', run: (_, sendBytes) => sendBytes('--x', FORM), account: { rejected: 1 } },
];

/** Routes that clients use for several channels. */
const RELAYED: Record<string, readonly Case[]> = {
  'POST /api/v1/incidents': [...REPORTS, ...FORMS],
  'POST /api/v1/incidents/:id/attachments': FILES,
  'PATCH /api/v1/incidents/:id/status': changes({ status: 'IN_PROGRESS' }),
  'PATCH /api/v1/incidents/:id': [
    ...changes({ description_append: 'b' }),
    {
      what: 'a transition and an addition together',
      run: (send) => send({ status: 'IN_PROGRESS', description_append: 'b' }),
      account: { updated: 1 },
      evidence: { changes: 2 },
    },
  ],
};

/** Routes with their own channel. */
const CHANNEL_ROUTES: Record<string, { readonly channel: IncidentChannel; readonly all: readonly Case[] }> = {
  'POST /api/v1/intake/alertmanager': {
    channel: 'alertmanager',
    all: [
      {
        what: 'an alert from firing to resolved',
        run: async (send) => {
          const fingerprint = randomUUID();
          for (let n = 0; n < 3; n++) await send(aNotification(anAlert(fingerprint)));
          await send(aNotification(anAlert(fingerprint, { status: 'resolved' })));
        },
        account: { created: 1, duplicate: 2, updated: 1 },
        evidence: { incidents: 1, furtherReports: 2, changes: 2 },
      },
      {
        what: 'an invalid alert among others',
        run: (send) => send(aNotification(anAlert(randomUUID()), null, anAlert(randomUUID()))),
        account: { created: 2, quarantined: 1 },
        evidence: { incidents: 2, quarantined: 1 },
      },
      {
        what: 'an invalid notification',
        run: (_, sendBytes) => sendBytes(randomUUID(), 'application/json'),
        account: { quarantined: 1 },
        evidence: { quarantined: 1 },
      },
    ],
  },
  'POST /api/v1/intake/pagerduty/v2/enqueue': {
    channel: 'pagerduty',
    all: [
      {
        what: 'a cause from its trigger to its end, and an end of nothing',
        run: async (send) => {
          const event = { dedup_key: randomUUID(), payload: { summary: 'a', source: 'b' } };
          for (const event_action of ['trigger', 'trigger', 'acknowledge', 'resolve'])
            await send({ event_action, ...event });
          await send({ event_action: 'resolve', dedup_key: randomUUID() });
        },
        account: { created: 1, duplicate: 1, updated: 3 },
        evidence: { incidents: 1, furtherReports: 1, changes: 2 },
      },
      {
        what: 'an incomplete event, and an unrecognizable one',
        run: async (send, sendBytes) => {
          await send({});
          await sendBytes(randomUUID(), 'application/json');
        },
        account: { rejected: 1, quarantined: 1 },
        evidence: { quarantined: 1 },
      },
    ],
  },
  'POST /api/v1/intake/pagerduty/v2/change/enqueue': {
    channel: 'pagerduty',
    all: [
      {
        what: 'a change event',
        run: (send) => send({ payload: { summary: randomUUID() } }),
        account: { archived: 1 },
        evidence: { quarantined: 1 },
      },
    ],
  },
  'POST /api/v1/intake/opsgenie/v2/alerts': {
    channel: 'opsgenie',
    all: [
      {
        what: 'an alert, twice',
        run: async (send) => {
          const alias = randomUUID();
          for (let n = 0; n < 2; n++) await send({ message: 'a', alias });
        },
        account: { created: 1, duplicate: 1 },
        evidence: { incidents: 1, furtherReports: 1 },
      },
      { what: 'an alert without a message', run: (send) => send({}), account: { rejected: 1 } },
    ],
  },
  ...Object.fromEntries(
    ['close', 'acknowledge', 'notes'].map((action) => [
      `POST /api/v1/intake/opsgenie/v2/alerts/:identifier/${action}`,
      {
        channel: 'opsgenie',
        all: [
          {
            what: 'a change of nothing',
            run: (send: Send) => send({ note: 'a' }),
            account: { updated: 1 },
          },
          {
            what: 'an unrecognizable change',
            run: (_: Send, sendBytes: SendBytes) => sendBytes(randomUUID(), 'application/json'),
            account: { quarantined: 1 },
            evidence: { quarantined: 1 },
          },
        ],
      },
    ]),
  ),
  ...Object.fromEntries(
    [
      ['grafana', aNotification(anAlert('grafana')), {}],
      ['uptime-kuma', { msg: 'a', monitor: { id: 1 }, heartbeat: { status: 0 } }, {}],
      ['healthchecks', { code: 'a', status: 'down', check: { name: 'a' } }, {}],
      [
        'cloudevents',
        { specversion: '1.0', type: 'a', source: 'a', id: 'a' },
        { 'Content-Type': 'application/cloudevents+json' },
      ],
      ['zabbix', { event_id: '1', event_source: '0', event_value: '1', event_name: 'a' }, {}],
      [
        'sentry',
        { action: 'created', data: { issue: { id: '1', title: 'a' } } },
        { 'Sentry-Hook-Resource': 'issue' },
      ],
    ].map(([channel, message, headers]) => [
      `POST /api/v1/intake/${channel as string}`,
      {
        channel: channel as string,
        all: [
          {
            what: 'a report, twice, and an unrecognizable body',
            run: async (send: Send, sendBytes: SendBytes) => {
              for (let n = 0; n < 2; n++) await send(message, headers as Record<string, string>);
              await sendBytes(randomUUID(), 'application/json');
            },
            account: { created: 1, duplicate: 1, quarantined: 1 },
            // A CloudEvent that is sent again is a replay.
            evidence: { incidents: 1, furtherReports: channel === 'cloudevents' ? 0 : 1, quarantined: 1 },
          },
        ],
      },
    ]),
  ),
  'POST /api/v1/quarantine': {
    channel: 'telegram',
    all: [
      {
        what: 'a message that a client could not report',
        run: (send) => send({ payload: 'a', reason: 'b' }, { ...aKey(), 'X-Channel': 'telegram' }),
        account: { quarantined: 1 },
        evidence: { quarantined: 1 },
      },
      {
        what: 'the same without a key, and an invalid message',
        run: async (send) => {
          await send({ payload: 'a', reason: 'b' }, { 'X-Channel': 'telegram' });
          await send({}, { ...aKey(), 'X-Channel': 'telegram' });
        },
        account: { rejected: 2 },
      },
    ],
  },
};

/** Routes that are not counted: they report nothing, and a quarantined message was counted when it arrived. */
const NOT_COUNTED = [
  'DELETE /api/v1/consumers/:name',
  'PUT /api/v1/consumers/:name',
  'DELETE /api/v1/heartbeats/:name',
  'POST /api/v1/heartbeats/:name/rotate',
  'PUT /api/v1/heartbeats/:name',
  // Its answer counts rows.
  'POST /api/v1/imports',
  'POST /ping/:token',
  'POST /ping/:token/:signal',
  'DELETE /api/v1/policies/:scope',
  'PATCH /api/v1/policies/:scope',
  'PUT /api/v1/policies/:scope',
  'POST /api/v1/keys',
  'PATCH /api/v1/keys/:id',
  'POST /api/v1/keys/:id/revoke',
  'POST /api/v1/keys/:id/rotate',
  'POST /api/v1/keys/:id/sign-in-tokens',
  'DELETE /api/v1/keys/:id/sessions',
  'POST /api/v1/session',
  'DELETE /api/v1/session',
  'POST /api/v1/quarantine/:id/dismiss',
  'POST /api/v1/quarantine/:id/retry',
];

const CASES = [
  ...RELAYED_CHANNELS.flatMap((channel) =>
    Object.entries(RELAYED).flatMap(([route, all]) => all.map((each) => ({ channel, route, ...each }))),
  ),
  ...Object.entries(CHANNEL_ROUTES).flatMap(([route, { channel, all }]) =>
    all.map((each) => ({ channel, route, ...each })),
  ),
];

describe('intake metrics', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const account = async (channel: IncidentChannel) =>
    intakeCountsIn((await service.get('/metrics')).text, channel);
  const evidence = (channel: IncidentChannel) => storedCountsIn(service.database, channel);

  it('cover every route that writes', () => {
    const writing = routesOf(service).filter(({ method }) => method !== 'GET');
    expect(writing.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      [...Object.keys(RELAYED), ...Object.keys(CHANNEL_ROUTES), ...NOT_COUNTED].toSorted(),
    );
  });

  it.each(CASES)(
    'count $channel at $route: $what',
    async ({ channel, route, run, account: expected, evidence: found }) => {
      const [method, path] = route.split(' ') as [string, string];
      const { body: incident } = await service.report();
      const channelHeader = RELAYED_CHANNELS.includes(channel) ? { 'X-Channel': channel } : {};
      const sendTo =
        (id: string): Send =>
        (json, headers) =>
          service.request(method, path.replace(':id', id), {
            json,
            headers: { ...channelHeader, ...headers },
          });
      const sendBytes: SendBytes = (body, type, headers) =>
        service.request(method, path.replace(':id', incident.id), {
          body,
          headers: { 'Content-Type': type, ...channelHeader, ...headers },
        });
      const before = { account: await account(channel), evidence: await evidence(channel) };
      await run(sendTo(incident.id), sendBytes, sendTo);

      const none = Object.fromEntries(INTAKE_OUTCOMES.map((outcome) => [outcome, 0]));
      const outcomes = { ...none, ...expected };
      const received = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
      expect(countsSince(before.account, await account(channel))).toEqual({ received, ...outcomes });
      const now = await evidence(channel);
      expect(now).toEqual({
        incidents: before.evidence.incidents + (found?.incidents ?? 0),
        furtherReports: before.evidence.furtherReports + (found?.furtherReports ?? 0),
        changes: before.evidence.changes + (found?.changes ?? 0),
        quarantined: before.evidence.quarantined + (found?.quarantined ?? 0),
      });
    },
  );

  it('count reports during a database failure as unavailable, not as rejected', async () => {
    await service.database.query(`
      CREATE FUNCTION fail_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'fail_insert' USING ERRCODE = '53300'; END $$;
      CREATE TRIGGER fail_insert BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION fail_insert()`);
    const before = { rest: await account('rest'), alertmanager: await account('alertmanager') };
    expect(await service.report()).toBeProblem('store.unavailable');
    const lines = { body: line(), headers: { 'Content-Type': NDJSON } };
    expect((await service.request('POST', '/api/v1/incidents', lines)).text).toContain('"status":503');
    const notification = { json: aNotification(anAlert(randomUUID())) };
    expect(await service.request('POST', '/api/v1/intake/alertmanager', notification)).toBeProblem(
      'store.unavailable',
    );
    await service.database.query('DROP TRIGGER fail_insert ON incidents; DROP FUNCTION fail_insert()');
    expect(countsSince(before.rest, await account('rest'))).toMatchObject({
      received: 2,
      unavailable: 2,
      rejected: 0,
    });
    expect(countsSince(before.alertmanager, await account('alertmanager'))).toMatchObject({
      received: 1,
      unavailable: 1,
      rejected: 0,
    });
  });

  it('agree with the stored incidents of each channel', async () => {
    for (const channel of [...RELAYED_CHANNELS, ...Object.values(CHANNEL_ROUTES).map((own) => own.channel)]) {
      const { created, quarantined, archived } = await account(channel);
      // Archived messages are stored beside the quarantined ones.
      expect({ channel, created, stored: quarantined + archived }).toEqual({
        channel,
        created: (await evidence(channel)).incidents,
        stored: (await evidence(channel)).quarantined,
      });
    }
  });
});

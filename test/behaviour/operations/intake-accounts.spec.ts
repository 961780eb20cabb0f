import { randomUUID } from 'node:crypto';
import { INTAKE_OUTCOMES, type IntakeOutcome } from '../../../src/application/intake/intake-metrics.js';
import type { IncidentChannel } from '../../../src/domain/incident/incident-channel.js';
import { API_CHANNEL } from '../../../src/presentation/http/auth/provenance.js';
import { REGISTERED_CHANNELS } from '../../../src/presentation/channels/registered-channels.js';
import { accountOf, type Evidence, evidenceIn, since } from '../../support/accounts.js';
import { aNotification, anAlert } from '../../support/alerts.js';
import { routesOf } from '../../support/routes.js';
import { type Service, startService } from '../../support/service.js';

type Send = (json: unknown, headers?: Record<string, string>) => Promise<unknown>;
type SendBytes = (body: string, type: string, headers?: Record<string, string>) => Promise<unknown>;

/** What somebody tells the service at a route, what becomes of it, and what is in the register then that was not before. */
interface Told {
  readonly what: string;
  readonly tell: (send: Send, sendBytes: SendBytes, otherPath: (id: string) => Send) => Promise<unknown>;
  readonly account: Partial<Record<IntakeOutcome, number>>;
  readonly evidence?: Partial<Evidence>;
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

/** What comes to nothing wherever there is a body, and takes no other than `fit`. */
const refusals = (fit: object): Told[] => [
  { what: 'no JSON', tell: (_, bytes) => bytes('{', 'application/json'), account: { rejected: 1 } },
  { what: 'another type', tell: (_, bytes) => bytes('a', 'text/plain'), account: { rejected: 1 } },
  { what: 'a field too many', tell: (send) => send({ ...fit, more: 1 }), account: { rejected: 1 } },
  { what: 'an empty object', tell: (send) => send({}), account: { rejected: 1 } },
  {
    what: 'an idempotency key that is none',
    tell: (send) => send(fit, { 'Idempotency-Key': 'a b' }),
    account: { rejected: 1 },
  },
];

const REPORTS: Told[] = [
  {
    what: 'a report',
    tell: (send) => send(report()),
    account: { created: 1 },
    evidence: { incidents: 1 },
  },
  {
    what: 'a problem three times',
    tell: async (send) => {
      const problem = report({ dedup_key: randomUUID() });
      for (let n = 0; n < 3; n++) await send(problem);
    },
    account: { created: 1, duplicate: 2 },
    evidence: { incidents: 1, furtherReports: 2 },
  },
  {
    what: 'a request three times, and another under its key',
    tell: async (send) => {
      const key = aKey();
      for (let n = 0; n < 3; n++) await send(report(), key);
      await send(report({ description: 'b' }), key);
    },
    account: { created: 1, duplicate: 2, rejected: 1 },
    evidence: { incidents: 1 },
  },
  ...refusals(report()),
  {
    what: 'lines',
    tell: async (_, sendBytes) => {
      const once = line({ idempotency_key: randomUUID() });
      const problem = line({ dedup_key: randomUUID() });
      await sendBytes(`${line()}${once}{\n${problem}${line({ description: '' })}`, NDJSON);
      await sendBytes(`${once}${problem}`, NDJSON);
    },
    account: { created: 3, duplicate: 2, rejected: 2 },
    evidence: { incidents: 3, furtherReports: 1 },
  },
  {
    what: 'lines under one key',
    tell: (_, sendBytes) => sendBytes(line() + line(), NDJSON, aKey()),
    account: { rejected: 1 },
  },
  {
    what: 'packed lines',
    tell: (_, sendBytes) => sendBytes(line() + line(), NDJSON, { 'Content-Encoding': 'gzip' }),
    account: { rejected: 1 },
  },
];

const changes = (fit: object): Told[] => [
  {
    what: 'a change',
    tell: (send) => send(fit),
    account: { updated: 1 },
    evidence: { changes: 1 },
  },
  {
    what: 'a change three times, and another under its key',
    tell: async (send) => {
      const key = aKey();
      for (let n = 0; n < 3; n++) await send(fit, key);
      await send({ status: 'CLOSED' }, key);
    },
    account: { updated: 1, duplicate: 2, rejected: 1 },
    evidence: { changes: 1 },
  },
  {
    what: 'an illegal move, three times',
    tell: async (send) => {
      const key = aKey();
      for (let n = 0; n < 3; n++) await send({ status: 'CLOSED' }, key);
    },
    account: { rejected: 3 },
  },
  {
    what: 'a change of another version',
    tell: (send) => send(fit, { 'If-Match': '"1-7"' }),
    account: { rejected: 1 },
  },
  {
    what: 'incidents that there are not',
    tell: async (_send, _bytes, otherPath) => {
      for (const id of ['999999', 'abc', '9'.repeat(20)]) await otherPath(id)(fit);
    },
    account: { rejected: 3 },
  },
  ...refusals(fit),
];

/** What is told by clients, which may speak for others. */
const RELAYED: Record<string, readonly Told[]> = {
  'POST /api/v1/incidents': REPORTS,
  'PATCH /api/v1/incidents/:id/status': changes({ status: 'IN_PROGRESS' }),
  'PATCH /api/v1/incidents/:id': [
    ...changes({ description_append: 'b' }),
    {
      what: 'a move and an addition at once',
      tell: (send) => send({ status: 'IN_PROGRESS', description_append: 'b' }),
      account: { updated: 1 },
      evidence: { changes: 2 },
    },
  ],
};

/** What is told by those who have a channel, and a route, of their own. */
const OF_THEIR_OWN: Record<string, { readonly channel: IncidentChannel; readonly all: readonly Told[] }> = {
  'POST /api/v1/intake/alertmanager': {
    channel: 'alertmanager',
    all: [
      {
        what: 'an alert from its beginning to its end',
        tell: async (send) => {
          const fingerprint = randomUUID();
          for (let n = 0; n < 3; n++) await send(aNotification(anAlert(fingerprint)));
          await send(aNotification(anAlert(fingerprint, { status: 'resolved' })));
        },
        account: { created: 1, duplicate: 2, updated: 1 },
        evidence: { incidents: 1, furtherReports: 2, changes: 2 },
      },
      {
        what: 'an alert that is none among others',
        tell: (send) => send(aNotification(anAlert(randomUUID()), null, anAlert(randomUUID()))),
        account: { created: 2, quarantined: 1 },
        evidence: { incidents: 2, quarantined: 1 },
      },
      {
        what: 'what is no notification',
        tell: (_, sendBytes) => sendBytes(randomUUID(), 'application/json'),
        account: { quarantined: 1 },
        evidence: { quarantined: 1 },
      },
    ],
  },
  'POST /api/v1/quarantine': {
    channel: 'telegram',
    all: [
      {
        what: 'what a client could not bring into the register',
        tell: (send) => send({ payload: 'a', reason: 'b' }, { ...aKey(), 'X-Channel': 'telegram' }),
        account: { quarantined: 1 },
        evidence: { quarantined: 1 },
      },
      {
        what: 'the same without a key, and what is no piece',
        tell: async (send) => {
          await send({ payload: 'a', reason: 'b' }, { 'X-Channel': 'telegram' });
          await send({}, { ...aKey(), 'X-Channel': 'telegram' });
        },
        account: { rejected: 2 },
      },
    ],
  },
};

/** They tell the register nothing: what is in the quarantine has had its account since it came. */
const WITHOUT = [
  'POST /api/v1/keys',
  'POST /api/v1/keys/:id/revoke',
  'POST /api/v1/keys/:id/rotate',
  'POST /api/v1/quarantine/:id/dismiss',
  'POST /api/v1/quarantine/:id/retry',
];

const CASES = [
  ...RELAYED_CHANNELS.flatMap((channel) =>
    Object.entries(RELAYED).flatMap(([route, all]) => all.map((told) => ({ channel, route, ...told }))),
  ),
  ...Object.entries(OF_THEIR_OWN).flatMap(([route, { channel, all }]) =>
    all.map((told) => ({ channel, route, ...told })),
  ),
];

describe('intake metrics', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const account = async (channel: IncidentChannel) =>
    accountOf((await service.get('/metrics')).text, channel);
  const evidence = (channel: IncidentChannel) => evidenceIn(service.database, channel);

  it('cover every route that writes', () => {
    const writing = routesOf(service).filter(({ method }) => method !== 'GET');
    expect(writing.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      [...Object.keys(RELAYED), ...Object.keys(OF_THEIR_OWN), ...WITHOUT].toSorted(),
    );
  });

  it.each(CASES)(
    'count $channel at $route: $what',
    async ({ channel, route, tell, account: expected, evidence: found }) => {
      const [method, path] = route.split(' ') as [string, string];
      const { body: incident } = await service.report();
      const by = RELAYED_CHANNELS.includes(channel) ? { 'X-Channel': channel } : {};
      const sendTo =
        (id: string): Send =>
        (json, headers) =>
          service.request(method, path.replace(':id', id), { json, headers: { ...by, ...headers } });
      const sendBytes: SendBytes = (body, type, headers) =>
        service.request(method, path.replace(':id', incident.id), {
          body,
          headers: { 'Content-Type': type, ...by, ...headers },
        });
      const before = { account: await account(channel), evidence: await evidence(channel) };
      await tell(sendTo(incident.id), sendBytes, sendTo);

      const none = Object.fromEntries(INTAKE_OUTCOMES.map((outcome) => [outcome, 0]));
      const outcomes = { ...none, ...expected };
      const received = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
      expect(since(before.account, await account(channel))).toEqual({ received, ...outcomes });
      const now = await evidence(channel);
      expect(now).toEqual({
        incidents: before.evidence.incidents + (found?.incidents ?? 0),
        furtherReports: before.evidence.furtherReports + (found?.furtherReports ?? 0),
        changes: before.evidence.changes + (found?.changes ?? 0),
        quarantined: before.evidence.quarantined + (found?.quarantined ?? 0),
      });
    },
  );

  it('distinguish unavailable from rejected', async () => {
    await service.database.query(`
      CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'stumble' USING ERRCODE = '53300'; END $$;
      CREATE TRIGGER stumble BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION stumble()`);
    const before = { rest: await account('rest'), alertmanager: await account('alertmanager') };
    expect(await service.report()).toBeProblem('store.unavailable');
    const lines = { body: line(), headers: { 'Content-Type': NDJSON } };
    expect((await service.request('POST', '/api/v1/incidents', lines)).text).toContain('"status":503');
    const notification = { json: aNotification(anAlert(randomUUID())) };
    expect(await service.request('POST', '/api/v1/intake/alertmanager', notification)).toBeProblem(
      'store.unavailable',
    );
    await service.database.query('DROP TRIGGER stumble ON incidents; DROP FUNCTION stumble()');
    expect(since(before.rest, await account('rest'))).toMatchObject({
      received: 2,
      unavailable: 2,
      rejected: 0,
    });
    expect(since(before.alertmanager, await account('alertmanager'))).toMatchObject({
      received: 1,
      unavailable: 1,
      rejected: 0,
    });
  });

  it('agree with the stored incidents of each channel', async () => {
    for (const channel of [...RELAYED_CHANNELS, ...Object.values(OF_THEIR_OWN).map((own) => own.channel)]) {
      const { created, quarantined } = await account(channel);
      expect({ channel, created, quarantined }).toEqual({
        channel,
        created: (await evidence(channel)).incidents,
        quarantined: (await evidence(channel)).quarantined,
      });
    }
  });
});

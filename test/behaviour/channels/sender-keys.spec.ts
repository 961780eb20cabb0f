import { REGISTERED_CHANNELS } from '../../../src/presentation/channels/registered-channels.js';
import { routesOf } from '../../support/routes.js';
import { postAlone } from '../../support/senders.js';
import { fromElsewhere, logLines, type Service, startService } from '../../support/service.js';

/** The channels with a route, and an example of each. */
const EXAMPLES = new Map(
  REGISTERED_CHANNELS.filter(({ controllers = [] }) => controllers.length > 0).map(({ name, examples }) => [
    name,
    Object.values(examples!)[0]!.value as object,
  ]),
);

type Send = (path: string, init: { headers?: Record<string, string>; body?: object }) => Promise<string>;

/** Where a sender may put the key of a request to a channel. */
const PLACES: Record<string, (channel: string, rest: string, key: string) => Parameters<Send>> = {
  'a header': (channel, rest, key) => [`${channel}${rest}`, { headers: { 'X-Access-Key': key } }],
  'a bearer token': (channel, rest, key) => [
    `${channel}${rest}`,
    { headers: { Authorization: `Bearer ${key}` } },
  ],
  GenieKey: (channel, rest, key) => [`${channel}${rest}`, { headers: { Authorization: `GenieKey ${key}` } }],
  'the password of HTTP Basic': (channel, rest, key) => [
    `${channel}${rest}`,
    { headers: { Authorization: `Basic ${Buffer.from(`any:${key}`).toString('base64')}` } },
  ],
  'the path': (channel, rest, key) => [`${channel}/k/${key}${rest}`, {}],
};

describe('the access key of a sender', () => {
  let service: Service;
  let key: string;
  const wrong = `inc_99_${'w'.repeat(43)}`;
  const written: unknown[] = [];

  beforeAll(async () => {
    service = await startService({ environment: { TRUSTED_PROXIES: '127.0.0.1' } });
    const { body } = await service.request('POST', '/api/v1/keys', {
      json: { name: 'sender', role: 'reporter' },
    });
    key = body.secret;
  });
  afterAll(async () => {
    await service.stop();
  });

  /** The status; all of the answer is kept for the search at the end. */
  const send = async (path: string, headers: Record<string, string>, body: string): Promise<number> => {
    const response = await fetch(`${service.url}/api/v1/intake/${path}`, {
      method: 'POST',
      headers: { ...fromElsewhere(), ...headers },
      body,
    });
    written.push([...response.headers], await response.text());
    return response.status;
  };
  const routes = () =>
    routesOf(service).flatMap(({ method, path }) => {
      const [, channel, rest] = /^\/api\/v1\/intake\/([^/]+)(.*)$/.exec(path) ?? [];
      if (method !== 'POST' || channel === undefined) return [];
      const body = JSON.stringify({
        ...(Array.isArray(EXAMPLES.get(channel)) ? {} : EXAMPLES.get(channel)),
        note: 'a',
        routing_key: undefined,
      });
      return [{ channel, rest: rest!.replace(':identifier', 'a'), body }];
    });

  it.each(Object.entries(PLACES))(
    'is accepted in %s by every channel, and a wrong one rejected',
    async (_, place) => {
      expect(new Set(routes().map(({ channel }) => channel))).toEqual(new Set(EXAMPLES.keys()));
      for (const { channel, rest, body } of routes()) {
        const type = {
          'Content-Type': channel === 'cloudevents' ? 'application/cloudevents+json' : 'application/json',
        };
        for (const [secret, statuses] of [
          [key, [200, 202]],
          [wrong, [401]],
        ] as const) {
          const [path, { headers }] = place(channel, rest, secret);
          const status = await send(path, { ...type, ...headers }, body);
          expect({
            channel,
            rest,
            status,
            isExpected: statuses.some((each) => each === status),
          }).toMatchObject({
            isExpected: true,
          });
        }
      }
    },
  );

  it('is accepted in the body of a PagerDuty event, also beside an unrelated Authorization', async () => {
    const event = (secret: string) =>
      JSON.stringify({ event_action: 'resolve', dedup_key: `of ${secret}`, routing_key: secret });
    const unrelated = { Authorization: 'Token token=unrelated' };
    expect(await send('pagerduty/v2/enqueue', unrelated, event(key))).toBe(202);
    expect(await send('pagerduty/v2/enqueue', {}, event(wrong))).toBe(401);
    // An integration key that the sender's own form demands is not taken for an access key.
    const other = JSON.stringify({ event_action: 'resolve', dedup_key: 'a', routing_key: 'a' });
    expect(await send(`pagerduty/k/${key}/v2/enqueue`, {}, other)).toBe(202);
  });

  it('is in no log line, metric, answer or stored message, whatever goes wrong', async () => {
    const large = 'x'.repeat(600_000);
    const statuses = [
      await send(`pagerduty/k/${key}/v2/enqueue`, {}, `{"routing_key":"${key}",`),
      await send(
        `pagerduty/k/${key}/v2/enqueue`,
        {},
        JSON.stringify({ routing_key: key, event_action: 'odd' }),
      ),
      await send(`pagerduty/k/${key}/nothing`, {}, '{}'),
      await send(`nothing/k/${key}/v2/enqueue`, {}, '{}'),
      await send(`opsgenie/k/${key}/v2/alerts?odd=1`, {}, '{}'),
      await send(`opsgenie/k/${key}/v2/alerts/%E0%A4%A/close`, {}, '{}'),
      await send(`grafana/k/${key}`, {}, 'no JSON'),
      await send(`grafana/k/${wrong}`, {}, 'no JSON'),
      await send(`GRAFANA/K/${key}/`, {}, 'no JSON'),
    ];
    expect(statuses).toEqual([202, 400, 404, 404, 400, 400, 200, 401, 200]);
    const refused = await postAlone(service, `/api/v1/intake/pagerduty/k/${key}/v2/enqueue`, key, large);
    expect(refused.status).toBe(413);
    written.push(refused.text, [...refused.headers]);
    const get = await fetch(`${service.url}/api/v1/intake/grafana/k/${key}`);
    written.push(await get.text());
    expect(get.status).toBe(405);
    const stored = await service.database.query<Record<string, unknown>>(
      `SELECT description, convert_from(payload, 'UTF8') AS payload, headers, reason FROM intake_quarantine
       FULL JOIN incidents ON false`,
    );
    const { text: metrics } = await service.get('/metrics');
    const output = JSON.stringify([logLines, written, stored, metrics]);
    expect(output).toContain('/api/v1/intake/pagerduty/v2/enqueue');
    expect(output).toContain('[access key]');
    // Not the output itself, which would bury the failure.
    const found = [key, wrong].map((secret) => output.indexOf(secret)).filter((at) => at >= 0);
    expect(found.map((at) => output.slice(Math.max(at - 200, 0), at))).toEqual([]);
  });
});

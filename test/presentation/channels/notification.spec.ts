import { MAX_TEXT_LENGTH, textLength } from '../../../src/domain/incident/incident-text.js';
import { isTooLong, shortenedText, wholeText } from '../../../src/presentation/channels/report-text.js';
import {
  type Notification,
  readNotification,
} from '../../../src/presentation/channels/alertmanager/notification.js';
import { anAlert, aNotification } from '../../support/alerts.js';

const SENDER = { cluster: undefined, principal: 'a' };
const read = (json: unknown) => readNotification(Buffer.from(JSON.stringify(json)), SENDER);
const parsed = async (json: unknown) => (await read(json)) as Notification;
const firstAlert = async (json: unknown) => (await parsed(json)).alerts[0]!;
const textOf = async (alert: object) =>
  wholeText((await firstAlert(aNotification(anAlert('f', alert)))).text);
/** An alert without optional members. */
const BARE = { startsAt: undefined, generatorURL: '' };
const bareTextOf = async (alert: object) =>
  wholeText((await firstAlert({ alerts: [anAlert('f', { ...BARE, ...alert })] })).text);

describe('readNotification', () => {
  it('returns alerts in order', async () => {
    const resolved = { status: 'resolved' };
    expect((await parsed(aNotification(anAlert('a'), anAlert('b', resolved)))).alerts).toMatchObject([
      { isFiring: true, dedupKey: 'a' },
      { isFiring: false, dedupKey: 'b' },
    ]);
    expect((await parsed(aNotification())).alerts).toEqual([]);
  });

  it('writes summary, description, labels and links into the text of an alert', async () => {
    expect(await textOf({})).toBe(
      [
        'DiskFull: The disk is full',
        'No byte is left on /data',
        'Labels: instance="db-1", severity="page"',
        'Started: 2026-11-20T10:00:00.000Z',
        'Source: http://prometheus:9090/graph?g0.expr=disk_free+%3D%3D+0',
        'Silence: http://alertmanager:9093/#/silences/new?filter=%7Balertname%3D%22DiskFull%22%2Cinstance%3D%22db-1%22%2Cseverity%3D%22page%22%7D',
        'Sent by: http://alertmanager:9093',
      ].join('\n'),
    );
  });

  it('writes all annotations and the number of omitted alerts into the text', async () => {
    const annotations = {
      summary: 's',
      runbook_url: 'http://runbooks/disk',
      dashboard: 'http://grafana/d/1',
    };
    expect((await textOf({ annotations })).split('\n').slice(0, 3)).toEqual([
      'DiskFull: s',
      'runbook_url: http://runbooks/disk',
      'dashboard: http://grafana/d/1',
    ]);
    const json = { ...aNotification(anAlert('f')), truncatedAlerts: 3 };
    expect(wholeText((await firstAlert(json)).text)).toMatch(/omitted from this notification: 3$/);
    expect((await parsed(json)).truncatedAlerts).toBe(3);
  });

  // A sum of such numbers is infinite, which no counter can export.
  it.each([
    [1e308, 1_000_000],
    [0.5, 0],
    [-5, 0],
    ['3', 0],
  ])('takes %p as the number of omitted alerts for %p', async (truncatedAlerts, expected) => {
    const json = { ...aNotification(anAlert('f')), truncatedAlerts };
    expect((await parsed(json)).truncatedAlerts).toBe(expected);
  });

  it('parses a notification of Grafana', async () => {
    const { alerts, unreadable } = await parsed({
      receiver: 'incidents',
      status: 'firing',
      orgId: 1,
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'High memory usage', zone: 'us-1' },
          annotations: null,
          startsAt: '2021-10-12T09:51:03.157076+02:00',
          endsAt: '0001-01-01T00:00:00Z',
          values: { B: 44.23943737541908 },
          valueString: "[ metric='' labels={} value=14151.33 ]",
          generatorURL: 'https://grafana.example/alerting/1afz29v7z/edit',
          fingerprint: 'c6eadffa33fcdf37',
          silenceURL: 'https://grafana.example/alerting/silence/new?alertmanager=grafana',
          dashboardURL: 'https://grafana.example/d/abc',
          panelURL: '',
        },
      ],
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalURL: 'https://grafana.example/',
      version: '1',
      groupKey: '{}:{}',
      truncatedAlerts: 0,
      title: '[FIRING:1]',
      state: 'alerting',
      message: '**Firing**',
    });
    expect(unreadable).toEqual([]);
    expect(alerts).toMatchObject([{ dedupKey: 'c6eadffa33fcdf37', isFiring: true, endsAt: undefined }]);
    expect(wholeText(alerts[0]!.text).split('\n')).toEqual([
      'High memory usage',
      'Labels: zone="us-1"',
      'Started: 2021-10-12T07:51:03.157Z',
      'Source: https://grafana.example/alerting/1afz29v7z/edit',
      'Dashboard: https://grafana.example/d/abc',
      "Values: [ metric='' labels={} value=14151.33 ]",
      'Silence: https://grafana.example/alerting/silence/new?alertmanager=grafana',
      'Sent by: https://grafana.example/',
    ]);
  });

  it('prefixes deduplication keys with the cluster of the URL', async () => {
    const payload = Buffer.from(JSON.stringify(aNotification(anAlert('f'))));
    const [one, other] = await Promise.all(
      ['eu-1', 'eu-2'].map(
        async (cluster) => (await readNotification(payload, { ...SENDER, cluster })) as Notification,
      ),
    );
    expect(one!.alerts).toMatchObject([{ dedupKey: 'eu-1/f' }]);
    expect(one!.digest).not.toEqual(other!.digest);
    expect(wholeText(one!.alerts[0]!.text)).toContain('\nCluster: eu-1\n');
  });

  it('shortens a text that is too long between graphemes, and keeps its labels and links', async () => {
    const family = '👨‍👩‍👧‍👦';
    const annotations = { summary: 's', description: family.repeat(2_000) };
    const { text } = await firstAlert(aNotification(anAlert('f', { annotations })));
    expect(isTooLong(text)).toBe(true);
    const shortened = shortenedText(text, '/rest');
    expect(textLength(shortened)).toBeLessThanOrEqual(MAX_TEXT_LENGTH);
    const [, kept, missing] =
      /((?:👨‍👩‍👧‍👦)+)…\n\[(\d+) characters are left out here. The whole alert: \/rest\]\n/u.exec(shortened)!;
    expect(kept!.length / family.length).toBe(2_000 - Number(missing) / 7);
    expect(shortened).toContain('\nSent by: http://alertmanager:9093');
  });

  it.each([
    ['labels', { labels: { alertname: 'A', long: 'x'.repeat(30_000) } }],
    [
      'labels and annotations',
      { labels: { long: 'x'.repeat(30_000) }, annotations: { a: 'y'.repeat(30_000) } },
    ],
    ['graphemes', { annotations: { summary: `e${'\u0301'.repeat(30_000)}` } }],
  ])('shortens a text whose %s are too long', async (_, alert) => {
    const { text } = await firstAlert(aNotification(anAlert('f', alert)));
    const shortened = shortenedText(text, '/rest');
    expect(textLength(shortened)).toBeLessThanOrEqual(MAX_TEXT_LENGTH);
    expect(textLength(shortened)).toBeGreaterThan(MAX_TEXT_LENGTH - 300);
  });

  it.each([
    [{ annotations: { summary: 'Беда' }, labels: { alertname: 'A' }, generatorURL: '' }, 'A: Беда'],
    [{ annotations: {}, labels: {}, generatorURL: '' }, 'An alert without a name'],
    [
      { annotations: undefined, labels: { alertname: 'A', x: '"' }, generatorURL: undefined },
      'A\nLabels: x="\\""',
    ],
    [{ annotations: null, labels: null }, 'An alert without a name'],
    [
      { annotations: { summary: 's', description: 's' }, labels: { alertname: 'A' }, generatorURL: '' },
      'A: s',
    ],
  ])('omits facts without a value: %j', async (alert, text) => expect(await bareTextOf(alert)).toBe(text));

  it.each([
    ['{', 'The body is not JSON'],
    ['', 'The body is not JSON'],
    ['[]', 'The body must be a JSON object.'],
    ['null', 'The body must be a JSON object.'],
    ['{"version":"4"}', 'alerts must be a list.'],
    [`{"version":"4","alerts":${'['.repeat(40)}${']'.repeat(40)}}`, 'nested at most 32 levels deep'],
    ['{"version":"4","alerts":[{"labels":{"a":"1","a":"2"}}]}', 'The body has a duplicate member a.'],
    [Buffer.from([0x22, 0xff, 0x22]), 'not valid UTF-8'],
  ])('returns the reason if the payload is no notification: %s', async (payload, reason) =>
    expect(await readNotification(Buffer.from(payload), SENDER)).toEqual(expect.stringContaining(reason)),
  );

  it.each([
    [null, 'An alert must be a JSON object.'],
    [anAlert('f', { status: 'pending' }), 'status must be "firing" or "resolved".'],
    [anAlert(''), 'fingerprint must not be blank.'],
    [anAlert('f', { fingerprint: 7 }), 'fingerprint must be a string.'],
    [anAlert('f'.repeat(256)), 'fingerprint must be at most 255 characters long.'],
    [anAlert('f', { labels: { a: 1 } }), 'labels must be an object of strings.'],
    [anAlert('f', { annotations: [] }), 'annotations must be an object of strings.'],
    [anAlert('f', { generatorURL: 1 }), 'generatorURL must be a string.'],
    [anAlert('f', { startsAt: 'yesterday' }), 'startsAt must be a date-time of RFC 3339.'],
    [anAlert('f', { endsAt: 7 }), 'endsAt must be a date-time of RFC 3339.'],
  ])('returns an invalid alert beside a valid one: %j', async (json, reason) => {
    expect(await parsed(aNotification(json, anAlert('good')))).toMatchObject({
      alerts: [{ dedupKey: 'good' }],
      unreadable: [{ reason }],
    });
  });

  it('has the same digest from each Alertmanager of a cluster', async () => {
    const digestOf = async (more: object) =>
      (await parsed({ ...aNotification(anAlert('a')), ...more })).digest;
    expect(await digestOf({ externalURL: 'http://am-1:9093' })).toEqual(
      await digestOf({ externalURL: 'http://am-2:9093' }),
    );
    for (const other of [{ groupKey: 'g' }, { receiver: 'r' }, { alerts: [anAlert('b')] }])
      expect(await digestOf(other)).not.toEqual(await digestOf({}));
  });
});

import { type Notification, readNotification } from '../../src/presentation/alertmanager/notification.js';
import { anAlert, aNotification } from '../support/alerts.js';

const read = (json: unknown) => readNotification(Buffer.from(JSON.stringify(json)));
const understood = async (json: unknown) => (await read(json)) as Notification;
const textOf = async (alert: object) =>
  (await understood(aNotification(anAlert('f', alert)))).alerts[0]!.text;

describe('a notification of Alertmanager', () => {
  it('has alerts, in their order', async () => {
    const resolved = { status: 'resolved' };
    expect((await understood(aNotification(anAlert('a'), anAlert('b', resolved)))).alerts).toMatchObject([
      { isFiring: true, fingerprint: 'a' },
      { isFiring: false, fingerprint: 'b' },
    ]);
    expect((await understood(aNotification())).alerts).toEqual([]);
  });

  it('says in words what is wrong, what it is about and where it was seen', async () => {
    expect(await textOf({})).toBe(
      [
        'DiskFull: The disk is full',
        'No byte is left on /data',
        'instance="db-1", severity="page"',
        'http://prometheus:9090/graph?g0.expr=disk_free+%3D%3D+0',
      ].join('\n'),
    );
  });

  it.each([
    [{ annotations: { summary: 'Беда' }, labels: { alertname: 'A' }, generatorURL: '' }, 'A: Беда'],
    [{ annotations: {}, labels: {}, generatorURL: '' }, 'An alert without a name'],
    [{ annotations: undefined, labels: { alertname: 'A', x: '"' }, generatorURL: undefined }, 'A\nx="\\""'],
    [
      { annotations: { summary: 's', description: 's' }, labels: { alertname: 'A' }, generatorURL: '' },
      'A: s',
    ],
  ])('says it with as much as there is: %j', async (alert, text) => expect(await textOf(alert)).toBe(text));

  it.each([
    ['{', 'The body is not JSON'],
    ['', 'The body is not JSON'],
    ['[]', 'The body must be a JSON object.'],
    ['null', 'The body must be a JSON object.'],
    ['{"version":"3","alerts":[]}', 'version must be "4", not "3".'],
    ['{"alerts":[]}', 'version must be "4", not undefined.'],
    ['{"version":"4"}', 'alerts must be a list.'],
    [`{"version":"4","alerts":${'['.repeat(40)}${']'.repeat(40)}}`, 'nested deeper than 32'],
    ['{"version":"4","alerts":[{"labels":{"a":"1","a":"2"}}]}', 'The body has the member a twice.'],
    [Buffer.from([0x22, 0xff, 0x22]), 'not valid UTF-8'],
  ])('is none: %s', async (payload, reason) =>
    expect(await readNotification(Buffer.from(payload))).toEqual(expect.stringContaining(reason)),
  );

  it.each([
    [null, 'An alert must be a JSON object.'],
    [anAlert('f', { status: 'pending' }), 'status must be "firing" or "resolved".'],
    [anAlert(''), 'fingerprint must not be blank.'],
    [anAlert('f', { fingerprint: 7 }), 'fingerprint must be one text.'],
    [anAlert('f'.repeat(256)), 'fingerprint must be at most 255 characters long.'],
    [anAlert('f', { labels: { a: 1 } }), 'labels must be an object of texts.'],
    [anAlert('f', { labels: undefined }), 'labels must be an object of texts.'],
    [anAlert('f', { annotations: [] }), 'annotations must be an object of texts.'],
    [anAlert('f', { generatorURL: 1 }), 'generatorURL must be a text.'],
  ])('has one that cannot be understood, and others that can: %j', async (json, reason) => {
    expect(await understood(aNotification(json, anAlert('good')))).toMatchObject({
      alerts: [{ fingerprint: 'good' }],
      unreadable: [{ reason }],
    });
  });

  it('is known again when the other one of a pair sends it', async () => {
    const digestOf = async (more: object) =>
      (await understood({ ...aNotification(anAlert('a')), ...more })).digest;
    expect(await digestOf({ externalURL: 'http://am-1:9093' })).toEqual(
      await digestOf({ externalURL: 'http://am-2:9093' }),
    );
    for (const other of [{ groupKey: 'g' }, { receiver: 'r' }, { alerts: [anAlert('b')] }])
      expect(await digestOf(other)).not.toEqual(await digestOf({}));
  });
});

import { type Notification, readNotification } from '../../src/presentation/alertmanager/notification.js';
import { anAlert, aNotification } from '../support/alerts.js';

const read = (json: unknown) => readNotification(Buffer.from(JSON.stringify(json)));
const understood = (json: unknown) => read(json) as Notification;
const textOf = (alert: object) => understood(aNotification(anAlert('f', alert))).alerts[0]!.text;

describe('a notification of Alertmanager', () => {
  it('has alerts, in their order', () => {
    const resolved = { status: 'resolved' };
    expect(understood(aNotification(anAlert('a'), anAlert('b', resolved))).alerts).toMatchObject([
      { isFiring: true, fingerprint: 'a' },
      { isFiring: false, fingerprint: 'b' },
    ]);
    expect(understood(aNotification()).alerts).toEqual([]);
  });

  it('says in words what is wrong, what it is about and where it was seen', () => {
    expect(textOf({})).toBe(
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
  ])('says it with as much as there is: %j', (alert, text) => expect(textOf(alert)).toBe(text));

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
  ])('is none: %s', (payload, reason) =>
    expect(readNotification(Buffer.from(payload))).toEqual(expect.stringContaining(reason)),
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
  ])('has one that cannot be understood, and others that can: %j', (json, reason) => {
    expect(understood(aNotification(json, anAlert('good')))).toMatchObject({
      alerts: [{ fingerprint: 'good' }],
      unreadable: [{ reason }],
    });
  });

  it('is known again when the other one of a pair sends it', () => {
    const digestOf = (more: object) => understood({ ...aNotification(anAlert('a')), ...more }).digest;
    expect(digestOf({ externalURL: 'http://am-1:9093' })).toEqual(
      digestOf({ externalURL: 'http://am-2:9093' }),
    );
    for (const other of [{ groupKey: 'g' }, { receiver: 'r' }, { alerts: [anAlert('b')] }])
      expect(digestOf(other)).not.toEqual(digestOf({}));
  });
});

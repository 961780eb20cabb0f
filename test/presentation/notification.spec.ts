import { type Alert, readNotification } from '../../src/presentation/alertmanager/notification.js';
import { anAlert, aNotification } from '../support/alerts.js';

const read = (json: unknown) => readNotification(Buffer.from(JSON.stringify(json)));
const textOf = (alert: object) => (read(aNotification(anAlert('f', alert))) as Alert[])[0]!.text;

describe('a notification of Alertmanager', () => {
  it('has alerts, in their order', () => {
    const resolved = { status: 'resolved' };
    expect(read(aNotification(anAlert('a'), anAlert('b', resolved)))).toMatchObject([
      { isFiring: true, fingerprint: 'a' },
      { isFiring: false, fingerprint: 'b' },
    ]);
    expect(read(aNotification())).toEqual([]);
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
    expect(read(aNotification(json, anAlert('good')))).toEqual([
      { reason, json },
      expect.objectContaining({ fingerprint: 'good' }),
    ]);
  });
});

import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { PROBLEM, RECOVERY, UPDATE } from '../../../src/presentation/channels/zabbix/examples.js';
import { aSender, movesOf, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';

const MEDIA_TYPE = readFileSync('deploy/zabbix/media_incidents.yaml', 'utf8');
/** The script of the media type, and the names of its parameters. */
const SCRIPT = /^ +script: \|\n((?: {8}.*\n)+)/m.exec(MEDIA_TYPE)![1]!.replaceAll(/^ {8}/gm, '');
const PARAMETERS = [...MEDIA_TYPE.matchAll(/^ {8}- name: (\w+)$/gm)].map(([, name]) => name!);

describe('events of Zabbix', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'zabbix', 'zabbix');
  });
  afterAll(() => service.stop());

  interface Sent {
    readonly url: string;
    readonly headers: string[];
    readonly body: string;
  }

  /** Runs the script as Zabbix does, which has Duktape and synchronous requests. */
  const script = (parameters: object, answer: { status: number; text: string }) => {
    const sent: Sent[] = [];
    const logged: string[] = [];
    class HttpRequest {
      private readonly headers: string[] = [];
      addHeader(header: string) {
        this.headers.push(header);
      }
      post(url: string, body: string) {
        sent.push({ url, headers: this.headers, body });
        return answer.text;
      }
      getStatus() {
        return answer.status;
      }
    }
    const Zabbix = { log: (_level: number, line: string) => void logged.push(line) };
    const run = (): unknown =>
      runInNewContext(`(function (value) {${SCRIPT}})(value)`, {
        value: JSON.stringify(parameters),
        HttpRequest,
        Zabbix,
      });
    return { run, sent, logged };
  };

  /** Sends what the script sends. */
  const send = async (event: object) => {
    const attempt = script({ url: `${service.url}/`, key: sender.key, ...event }, { status: 200, text: '' });
    expect(attempt.run()).toBe('OK');
    const [{ url, headers, body }] = attempt.sent as [Sent];
    expect(url).toBe(`${service.url}/api/v1/intake/zabbix`);
    const pairs = headers.map((header) => header.split(': ') as [string, string]);
    const response = await fetch(url, { method: 'POST', headers: Object.fromEntries(pairs), body });
    return { status: response.status, body: await response.json() };
  };
  const counts = (more: object) => ({
    status: 200,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });

  it('have the parameters of the examples', () => {
    expect(PARAMETERS).toEqual(['url', 'key', ...Object.keys(PROBLEM)]);
  });

  it('report a problem, take it up with a note, and resolve it', async () => {
    expect(await send(PROBLEM)).toEqual(counts({ created: 1 }));
    const [incident] = await sender.incidentsOf('event/1842');
    expect(incident.description.split('\n')).toEqual([
      'Disk space is critically low (used > 90%)',
      'Disk space is critically low (used > 90%) on db-1',
      'Event: 1842',
      'Severity: High',
      'Time: 2026.11.20 10:00:00',
      'Data: Space used: 9.1 GB of 10 GB (91 %)',
      'Tags: component:storage, scope:availability',
      'Host: db-1',
      'Address: 10.0.0.7',
      'Trigger: 23561',
    ]);
    expect(await send(UPDATE)).toEqual(counts({ updated: 1 }));
    expect(await sender.incidentsOf('event/1842')).toMatchObject([
      {
        status: 'IN_PROGRESS',
        assignee: 'Anna Petrova',
        description: expect.stringContaining('I delete old logs'),
      },
    ]);
    expect(await send(RECOVERY)).toEqual(counts({ updated: 1 }));
    expect(await movesOf(service, incident.id)).toEqual([
      'reported',
      'description_appended',
      'IN_PROGRESS',
      'RESOLVED',
    ]);
  });

  it('that only comment, or withdraw an acknowledgement, take up nothing', async () => {
    await send({ ...PROBLEM, event_id: '1' });
    await send({ ...UPDATE, event_id: '1', event_update_action: 'unacknowledged' });
    expect(await sender.incidentsOf('event/1')).toMatchObject([{ status: 'NEW' }]);
  });

  it('that are unrecognizable are quarantined', async () => {
    expect(await send({ event_id: '*UNKNOWN*' })).toEqual(counts({ quarantined: 1 }));
    expect(await sender.post('', 'no JSON')).toMatchObject(counts({ quarantined: 1 }));
    expect(await storedOf(service, 'zabbix')).toHaveLength(2);
  });

  it('that are refused fail in Zabbix with the reason, and without the key', () => {
    const refused = script({ url: 'http://a', key: 'secret', ...PROBLEM }, { status: 503, text: 'later' });
    expect(refused.run).toThrow('Incidents: the service responds with 503: later');
    expect(refused.logged).toEqual(['[Incidents] the service responds with 503: later']);
    expect(script({ url: 'http://a' }, { status: 200, text: '' }).run).toThrow('url and key are required');
  });
});

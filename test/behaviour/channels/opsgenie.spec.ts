import { ACKNOWLEDGE, CLOSE, CREATE, NOTE } from '../../../src/presentation/channels/opsgenie/examples.js';
import { intakeCountsIn, expectBalanced } from '../../support/intake-counts.js';
import { aSender, movesOf, postAlone, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';

const ALERTS = '/v2/alerts';

describe('alerts of Opsgenie', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'opsgenie', 'opsgenie');
  });
  afterAll(async () => {
    try {
      expectBalanced(intakeCountsIn((await service.get('/metrics')).text, 'opsgenie'));
    } finally {
      await service.stop();
    }
  });

  const accepted = (requestId: unknown = expect.any(String)) => ({
    status: 202,
    body: { result: 'Request will be processed', took: expect.any(Number), requestId },
  });
  const at = (identifier: string, action: string, query = '?identifierType=alias') =>
    `${ALERTS}/${encodeURIComponent(identifier)}/${action}${query}`;

  it('report a cause, are acknowledged, get notes and are closed by their alias', async () => {
    expect(await sender.post(ALERTS, CREATE)).toMatchObject(accepted());
    expect(await sender.post(`${ALERTS}/`, CREATE)).toMatchObject(accepted());
    const [{ id, description, ...incident }] = await sender.incidentsOf(CREATE.alias);
    expect(incident).toMatchObject({ status: 'NEW', channel: 'opsgenie', occurrences: 2, urgent: true });
    expect(description.split('\n')).toEqual([
      CREATE.message,
      CREATE.description,
      'Responders: [{"name":"NOC","type":"team"}]',
      'Visible to: [{"name":"rocket_team","type":"team"}]',
      'Actions: ["Restart","AnExampleAction"]',
      'Tags: ["OverwriteQuietHours","Critical"]',
      'Entity: An example entity',
      'Priority: P1',
      'key1: value1',
      'key2: value2',
    ]);
    expect(await sender.post(at(CREATE.alias, 'acknowledge'), ACKNOWLEDGE)).toMatchObject(accepted());
    expect(await sender.post(at(CREATE.alias, 'notes'), NOTE)).toMatchObject(accepted());
    expect(await sender.post(at(CREATE.alias, 'close/'), CLOSE)).toMatchObject(accepted());
    expect(await movesOf(service, id)).toEqual([
      'reported',
      'duplicate_reported',
      'IN_PROGRESS',
      'description_appended',
      'description_appended',
      'RESOLVED',
    ]);
    expect(await sender.incidentsOf(CREATE.alias)).toMatchObject([
      {
        status: 'RESOLVED',
        assignee: ACKNOWLEDGE.user,
        description: expect.stringContaining(`${NOTE.note}\nUser: ${NOTE.user}\nSource: ${NOTE.source}`),
      },
    ]);
  });

  it.each(['plain-alias', 'with spaces/and äöü', undefined])(
    'are closed by the id of the answer to their creation: %p',
    async (alias) => {
      const { body } = await sender.post(ALERTS, { message: `closed by id ${alias}`, alias });
      expect(await sender.post(at(body.requestId, 'close', ''), '')).toMatchObject(accepted(body.requestId));
      expect(await sender.incidentsOf(alias ?? body.requestId)).toMatchObject([{ status: 'RESOLVED' }]);
    },
  );

  it('of another key stay as they are, and closing an unknown one is a success', async () => {
    const other = await aSender(service, 'opsgenie', 'other');
    await sender.post(ALERTS, { message: 'a', alias: 'mine' });
    for (const action of ['close', 'acknowledge', 'notes'])
      expect(await other.post(at('mine', action), NOTE)).toMatchObject(accepted());
    expect(await sender.incidentsOf('mine')).toMatchObject([{ status: 'NEW', version: 1 }]);
  });

  it('that are incomplete get a 400, and unrecognizable ones are quarantined', async () => {
    const invalid = { message: 'Request body is not processable. Please check the errors.' };
    expect(await sender.post(ALERTS, { alias: 'a' })).toMatchObject({ status: 400, body: invalid });
    expect(await sender.post(at('a', 'notes'), {})).toMatchObject({ status: 400, body: invalid });
    expect(await sender.post(at('a', 'close', '?identifierType=odd'), {})).toMatchObject({
      status: 400,
      body: { ...invalid, errors: [expect.stringContaining('identifierType')] },
    });
    expect(await sender.post(at('a\0', 'close'), CLOSE)).toMatchObject(accepted());
    expect((await storedOf(service, 'opsgenie')).at(-1)).toMatchObject({
      state: 'pending',
      reason: expect.stringContaining('NUL'),
    });
    expect(await sender.post(at('b', 'close'), 'no JSON')).toMatchObject(accepted());
    const { id } = (await storedOf(service, 'opsgenie')).at(-1);
    await sender.post(ALERTS, { message: 'b', alias: 'b' });
    await service.database.query('UPDATE intake_quarantine SET payload = $1 WHERE id = $2', [
      Buffer.from('{}'),
      id,
    ]);
    // A retry knows the route and its parameters.
    expect(await service.request('POST', `/api/v1/quarantine/${id}/retry`)).toMatchObject({ status: 200 });
    expect(await sender.incidentsOf('b')).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('that are refused get the format of Opsgenie', async () => {
    const refused = await sender.post(ALERTS, CREATE, { 'X-Access-Key': 'wrong' });
    expect(refused).toMatchObject({ status: 401, body: { message: expect.any(String), took: 0 } });
    const body = JSON.stringify({ message: 'x'.repeat(4 * 1024 * 1024) });
    const large = await postAlone(service, `/api/v1/intake/opsgenie${ALERTS}`, sender.key, body);
    expect(large).toMatchObject({ status: 413, body: { took: 0 } });
  });
});

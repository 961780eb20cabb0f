import { connect } from 'node:net';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const line = (description: unknown, more: object = {}) =>
  `${JSON.stringify({ description, source: 'monitoring', ...more })}\n`;

describe('bulk intake', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const send = async (body: string | Buffer, type = 'application/x-ndjson', headers = {}) => {
    const answer = await service.request('POST', '/api/v1/incidents', {
      body,
      headers: { 'Content-Type': type, ...headers },
    });
    const lines = answer.text.trim() && answer.status === 200 ? answer.text.trim().split('\n') : [];
    return { answer, lines: lines.map((each) => JSON.parse(each)) };
  };

  it('answers each line in order, and stores each incident', async () => {
    const { answer, lines } = await send(
      Array.from({ length: 3_000 }, (_, n) => line(`bulk ${n + 1}`)).join(''),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    expect(lines.map((each) => [each.line, each.status])).toEqual(
      Array.from({ length: 3_000 }, (_, n) => [n + 1, 201]),
    );
    const rows = await service.database.query<{ id: number; description: string }>(
      `SELECT id, description FROM incidents WHERE description LIKE 'bulk %'`,
    );
    const texts = new Map(rows.map(({ id, description }) => [id, description]));
    expect(lines.map(({ id }) => texts.get(id))).toEqual(
      Array.from({ length: 3_000 }, (_, n) => `bulk ${n + 1}`),
    );
    expect((await service.get(`/api/v1/incidents/${lines[7].id}/events`)).body).toHaveLength(1);
  });

  it('counts blank lines but does not answer them', async () => {
    const { lines } = await send(`\n \t\r\n${line('after blank lines')}\n\n${line('and others')}  `);
    expect(lines.map((each) => [each.line, each.status])).toEqual([
      [3, 201],
      [6, 201],
    ]);
    const { answer } = await send('\n\r\n');
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it('rejects a line with a duplicate member with 400, and accepts a line after a byte order mark', async () => {
    const bom = `\uFEFF${line('after a mark')}`;
    const twice = line('twice').replace('{', '{"source":"partner",');
    const { lines } = await send(bom + twice + bom);
    expect(lines.map(({ status }) => status)).toEqual([201, 400, 201]);
    expect(lines[1]).toMatchObject({
      code: 'request.malformed-body',
      detail: 'The line has a duplicate member source.',
    });
  });

  it('answers an invalid line with its error, and continues with the next', async () => {
    const { lines } = await send(
      Buffer.concat([
        Buffer.from(line('good 1')),
        Buffer.from(line('')),
        Buffer.from('{"description":\n'),
        Buffer.from('\n'),
        Buffer.from('[1]\n'),
        Buffer.from([0x22, 0xff, 0x22, 0x0a]),
        Buffer.from(line('x', { id: 7 })),
        Buffer.from(line('x'.repeat(300_000))),
        Buffer.from(line('a\0b')),
        Buffer.from(line('good 2').replace('\n', '\r\n')),
        Buffer.from(line('good 3, without an end').trim()),
      ]),
    );
    expect(lines.map((each) => [each.line, each.status, each.code])).toEqual([
      [1, 201, undefined],
      [2, 400, 'request.invalid'],
      [3, 400, 'request.malformed-body'],
      [5, 400, 'request.invalid'],
      [6, 400, 'request.malformed-body'],
      [7, 400, 'request.invalid'],
      [8, 413, 'request.body-too-large'],
      [9, 400, 'request.invalid'],
      [10, 201, undefined],
      [11, 201, undefined],
    ]);
    expect(lines[1].errors).toEqual([
      { in: 'body', pointer: '/description', detail: 'description must not be blank' },
    ]);
  });

  it('answers an empty stream with an empty stream', async () => {
    expect((await send('')).lines).toEqual([]);
  });

  it('rejects a compressed stream with 415', async () => {
    const { answer } = await send('x', 'application/x-ndjson', { 'Content-Encoding': 'gzip' });
    expect(answer).toBeProblem('request.unsupported-media-type');
    expect(answer.body.detail).toBe('Content-Encoding is not supported here, and the body has gzip.');
    const plain = await send('', 'application/x-ndjson', { 'Content-Encoding': 'Identity' });
    expect(plain.answer.status).toBe(200);
  });

  it('answers each line as soon as it is committed, while the stream is open', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    const chunk = (part: string) => socket.write(`${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`);
    socket.write(
      `POST /api/v1/incidents HTTP/1.1\r\nHost: x\r\nX-Access-Key: ${KEY}\r\n` +
        'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    chunk(line('first'));
    await until(() => text.includes('{"line":1,'));
    chunk(line('second').slice(0, 10));
    chunk(line('second').slice(10));
    await until(() => text.includes('{"line":2,'));
    const [row] = await service.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM incidents WHERE description IN ('first', 'second')`,
    );
    expect(row).toEqual({ count: 2 });
    // The cut loses nothing that was answered, and does not affect the service.
    socket.destroy();
    expect((await service.get('/health')).status).toBe(200);
  });

  it('rejects a stream without an access key with 401', async () => {
    const response = await fetch(`${service.url}/api/v1/incidents`, {
      method: 'POST',
      body: line('x'),
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    expect(response.status).toBe(401);
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { type Service, startService } from '../../support/service.js';

describe('the Host header', () => {
  let service: Service;
  afterEach(() => service.stop());

  const ask = async (host: string, path = '/api/v1/incidents') => {
    const { hostname: address, port } = new URL(service.url);
    const socket = connect(Number(port), address);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Access-Key: key\r\nConnection: close\r\n\r\n`);
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    await once(socket, 'close');
    const [headers, body] = answer.split('\r\n\r\n') as [string, string];
    return { status: Number(headers.slice(9, 12)), headers, body };
  };

  it('must be this machine in development', async () => {
    service = await startService({ environment: { NODE_ENV: 'development', X_ACCESS_KEY: 'key' } });
    const own = [
      'localhost',
      'LOCALHOST:8000',
      'localhost.',
      'a.localhost',
      '127.0.0.1',
      '127.1.2.3:1',
      '[::1]:8000',
      hostname(),
    ];
    for (const host of own) expect(`${host} ${(await ask(host)).status}`).toBe(`${host} 200`);
    const foreign = [
      'attacker.example',
      '127.0.0.1.attacker.example',
      'localhost.attacker.example:8000',
      '192.0.2.1',
      '[::2]',
      'notlocalhost',
    ];
    for (const host of foreign) {
      for (const path of ['/api/v1/incidents', '/docs', '/health', '/nowhere']) {
        const { status, headers, body } = await ask(host, path);
        expect(`${host} ${path} ${status}`).toBe(`${host} ${path} 421`);
        expect(headers).toContain('application/problem+json');
        expect(JSON.parse(body)).toMatchObject({
          code: 'request.misdirected',
          detail: expect.stringContaining(host),
        });
      }
    }
  });

  it('may be anything in production', async () => {
    service = await startService({ environment: { NODE_ENV: 'production' } });
    expect((await ask('incidents.example', '/health')).status).toBe(200);
  });
});

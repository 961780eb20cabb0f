import { connect } from 'node:net';
import { jest } from '@jest/globals';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('a body that does not arrive', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());
  afterEach(() => jest.useRealTimers());

  it('is answered with 408 after 30 s', async () => {
    const { hostname, port } = new URL(service.url);
    let answer = '';
    // Only setTimeout is fake: sockets and PostgreSQL use real time.
    jest.useFakeTimers({
      doNotFake: [
        'Date',
        'hrtime',
        'nextTick',
        'performance',
        'queueMicrotask',
        'setImmediate',
        'setInterval',
      ],
    });
    const socket = connect(Number(port), hostname);
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.write(
      `POST /api/v1/incidents HTTP/1.1\r\nHost: x\r\nX-Access-Key: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    await until(() => jest.getTimerCount() > 0);
    jest.advanceTimersByTime(29_000);
    // An answer would arrive before that of a later request.
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect(answer).toBe('');
    // The timer of the body may be younger than the first one that was seen.
    await until(() => {
      jest.advanceTimersByTime(1_000);
      return answer.includes('}');
    });
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    expect(answer).toContain('"code":"request.timeout"');
  });
});

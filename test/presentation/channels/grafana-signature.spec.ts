import { createHmac } from 'node:crypto';
import { verifySignature } from '../../../src/presentation/channels/grafana/signature.js';

const SECRET = 'shared-with-grafana';
const BODY = Buffer.from('{"alerts":[]}');
const NOW = new Date('2026-11-20T10:00:00Z');

const isValid = (at: number) => {
  const time = String(NOW.getTime() / 1_000 + at);
  const signature = createHmac('sha256', SECRET).update(`${time}:`).update(BODY).digest('hex');
  const headers = {
    'x-grafana-alerting-signature': signature,
    'x-grafana-alerting-signature-timestamp': time,
  };
  return verifySignature({ headers, body: BODY }, SECRET, NOW);
};

describe('a signature of Grafana with a time', () => {
  it.each([-300, 0, 300])('is valid %i s from now', (at) => expect(isValid(at)).toBe(true));
  it.each([-301, 301])('is not valid %i s from now', (at) => expect(isValid(at)).toBe(false));
});

import { generateKeyPairSync } from 'node:crypto';
import { parsePublicKey } from '../../../src/domain/access/public-key.js';
import { aKeyPair } from '../../support/signed-requests.js';

describe('a public key', () => {
  const { base64, pem, privateKey } = aKeyPair();
  const bytes = Buffer.from(base64, 'base64');

  it.each([
    ['base64', base64],
    ['base64 with white space around it', ` ${base64}\n`],
    ['PEM', pem],
    ['PEM with Windows line ends', pem.replaceAll('\n', '\r\n')],
  ])('is read from %s', (_, text) => {
    expect(parsePublicKey(text)).toEqual(bytes);
  });

  it.each<[string, unknown]>([
    ['a private key', privateKey.export({ format: 'pem', type: 'pkcs8' })],
    [
      'a key for another algorithm',
      generateKeyPairSync('x25519').publicKey.export({ format: 'pem', type: 'spki' }),
    ],
    ['31 bytes', bytes.subarray(1).toString('base64')],
    ['33 bytes', Buffer.concat([bytes, Buffer.of(0)]).toString('base64')],
    ['hexadecimal', bytes.toString('hex')],
    ['a number', 7],
    ['nothing', ''],
    ['an empty PEM', '-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----'],
  ])('is not %s', (_, text) => {
    expect(parsePublicKey(text)).toBeUndefined();
  });
});

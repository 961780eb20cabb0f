import { createPublicKey, sign } from 'node:crypto';
import { createVerifier } from 'http-message-signatures';
import { ContentDigest } from '../../../src/presentation/http/signatures/content-digest.js';
import { signatureBaseOf } from '../../../src/presentation/http/signatures/signature-base.js';
import { signatureIn } from '../../../src/presentation/http/signatures/signature-headers.js';

// https://www.rfc-editor.org/rfc/rfc9421#appendix-B

const FIELDS = {
  host: ['example.com'],
  date: ['Tue, 20 Apr 2021 02:07:55 GMT'],
  'content-type': ['application/json'],
  'content-digest': [
    'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
  ],
  'content-length': ['18'],
};
const TARGET = { method: 'POST', uri: 'https://example.com/foo?param=Value&Pet=dog' };

const SHARED_SECRET = Buffer.from(
  'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
  'base64',
);
const ED25519_PUBLIC = createPublicKey(`-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`);
const ED25519_PRIVATE = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----`;

const B25 = {
  'signature-input':
    'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
  signature: 'sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:',
};
const B26 = {
  'signature-input':
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
  signature:
    'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
};

const baseOf = (headers: typeof B25) =>
  signatureBaseOf(signatureIn(headers), { headersDistinct: FIELDS }, TARGET);

describe('the vectors of RFC 9421', () => {
  it('B.2.1: a signature of nothing but its parameters has this base', () => {
    const input = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"';
    const signature = { 'signature-input': `sig-b21=${input}`, signature: 'sig-b21=:AA==:' };
    expect(baseOf(signature).toString()).toBe(`"@signature-params": ${input}`);
  });

  it('B.2.3: a signature of everything has this base', () => {
    const input =
      '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"';
    const signature = { 'signature-input': `sig-b23=${input}`, signature: 'sig-b23=:AA==:' };
    expect(baseOf(signature).toString()).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@query": ?param=Value&Pet=dog',
        '"@authority": example.com',
        '"content-type": application/json',
        `"content-digest": ${FIELDS['content-digest'].join()}`,
        '"content-length": 18',
        `"@signature-params": ${input}`,
      ].join('\n'),
    );
  });

  it('B.2.5: hmac-sha256 verifies', async () => {
    const verify = createVerifier(SHARED_SECRET, 'hmac-sha256');
    expect(await verify(baseOf(B25), signatureIn(B25).bytes)).toBe(true);
  });

  it('B.2.6: ed25519 verifies, and is what the private key signs', async () => {
    const { bytes } = signatureIn(B26);
    expect(await createVerifier(ED25519_PUBLIC, 'ed25519')(baseOf(B26), bytes)).toBe(true);
    expect(sign(null, baseOf(B26), ED25519_PRIVATE)).toEqual(bytes);
  });

  it('2.2.2: the target URI is the whole URI, as it was sent', () => {
    const signature = {
      'signature-input': 'sig=("@method" "@target-uri");created=1618884473',
      signature: 'sig=:AA==:',
    };
    const target = { method: 'GET', uri: 'https://www.example.com/a/../%7Eb?param=value' };
    const base = signatureBaseOf(signatureIn(signature), { headersDistinct: {} }, target).toString();
    expect(base.split('\n').slice(0, 2)).toEqual([
      '"@method": GET',
      '"@target-uri": https://www.example.com/a/../%7Eb?param=value',
    ]);
  });

  it('the lines of a repeated field are joined, and the bytes of a field are signed as they are', () => {
    const signature = { 'signature-input': 'sig=("a")', signature: 'sig=:AA==:' };
    // Node decodes bytes as Latin-1.
    const latin1 = Buffer.from('é').toString('latin1');
    const base = signatureBaseOf(signatureIn(signature), { headersDistinct: { a: [' 1 ', latin1] } }, TARGET);
    expect(base.toString()).toBe('"a": 1, é\n"@signature-params": ("a")');
  });
});

describe('the digests of RFC 9530', () => {
  const BODY = '{"hello": "world"}\n';
  const check = (header: string, ...chunks: readonly string[]) => {
    const digest = ContentDigest.in(header);
    for (const chunk of chunks) digest.update(Buffer.from(chunk));
    digest.requireMatch();
  };
  const SHA_256 = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:';
  // Of the body without a newline, in RFC 9421.
  const SHA_512 = FIELDS['content-digest'].join();

  it.each([
    ['B.1: sha-256', SHA_256, [BODY]],
    ['RFC 9421, B.2: sha-512', SHA_512, ['{"hello": "world"}']],
    ['a body in parts', SHA_256, [BODY.slice(0, 5), '', BODY.slice(5)]],
    ['an unknown algorithm beside a known one', `md5=:AA==:, ${SHA_256}`, [BODY]],
  ])('match: %s', (_, header, chunks) => {
    expect(() => check(header, ...chunks)).not.toThrow();
  });

  it.each([
    ['another body', SHA_256, [BODY.trim()], 'signature.invalid'],
    ['no body', SHA_256, [], 'signature.invalid'],
    ['one of two digests', `${SHA_256}, ${SHA_512}`, [BODY], 'signature.invalid'],
    ['only an unknown algorithm', 'md5=:AA==:', [BODY], 'signature.invalid'],
    ['an empty header', '', [BODY], 'signature.invalid'],
    ['a digest that is too short', 'sha-256=:AA==:', [BODY], 'signature.malformed'],
    ['a digest that is a token', 'sha-256=RK', [BODY], 'signature.malformed'],
    ['no structured field', 'sha-256=:RK', [BODY], 'signature.malformed'],
  ])('do not match: %s', (_, header, chunks, code) => {
    expect(() => check(header, ...chunks)).toThrow(expect.objectContaining({ code }));
  });
});

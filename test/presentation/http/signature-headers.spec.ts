import fc from 'fast-check';
import { HttpProblem } from '../../../src/presentation/http/problems/problems.js';
import { signatureIn } from '../../../src/presentation/http/signatures/signature-headers.js';
import { parametersOf } from '../../../src/presentation/http/signatures/signature-parameters.js';

const NOW = new Date('2026-11-20T10:00:00Z');
const CREATED = NOW.getTime() / 1_000;

const read = (input: string | undefined, signature: string | undefined = 'a=:AA==:') => {
  const { components, parameters } = signatureIn({ 'signature-input': input, signature });
  return { components, parameters };
};

describe('the headers of a signature', () => {
  it('have components, parameters and bytes', () => {
    const signature = signatureIn({
      'signature-input': 'a=( "@method"   "content-type" );created=1;nonce="a, \\"b;)"',
      signature: 'a=:AQI=:',
    });
    expect(signature).toEqual({
      components: ['@method', 'content-type'],
      parameters: new Map<string, unknown>([
        ['created', 1],
        ['nonce', 'a, "b;)'],
      ]),
      input: '("@method" "content-type");created=1;nonce="a, \\"b;)"',
      bytes: Buffer.from([1, 2]),
    });
  });

  it.each<[string, string | undefined, string | undefined, string]>([
    ['a missing Signature', 'a=()', '', 'Signature is empty.'],
    ['an empty Signature-Input', '', 'a=:AA==:', 'Signature-Input is empty.'],
    ['two signatures', 'a=();created=1, b=()', 'a=:AA==:, b=:AA==:', 'must have one signature'],
    ['two signatures of one label', 'a=();created=1, a=()', 'a=:AA==:', 'must have one signature'],
    ['two byte sequences', 'a=()', 'a=:AA==:, b=:AA==:', 'Signature must have one signature'],
    ['different labels', 'a=()', 'b=:AA==:', 'different labels'],
    ['no list', 'a="x"', 'a=:AA==:', 'must have a list'],
    ['no dictionary', '("@method")', 'a=:AA==:', 'no dictionary of structured fields'],
    ['an open list', 'a=("@method"', 'a=:AA==:', 'no dictionary of structured fields'],
    ['broken base64', 'a=()', 'a=:é:', 'no dictionary of structured fields'],
    ['a string for bytes', 'a=()', 'a="AA=="', 'must be a byte sequence'],
    ['a signature without a value', 'a=()', 'a', 'must be a byte sequence'],
    ['duplicate parameters', 'a=();created=1;created=2', 'a=:AA==:', 'duplicate parameter'],
    ['duplicate components', 'a=("@method" "@method")', 'a=:AA==:', '@method is listed twice'],
    ['a component with parameters', 'a=("content-digest";key="a")', 'a=:AA==:', 'has parameters'],
    ['a component of a response', 'a=("@status")', 'a=:AA==:', 'is no component of a request'],
    ['@signature-params', 'a=("@signature-params")', 'a=:AA==:', 'is no component of a request'],
    ['upper case', 'a=("Content-Digest")', 'a=:AA==:', 'in lower case'],
    ['a component that is a token', 'a=(method)', 'a=:AA==:', 'Each component must be a string'],
  ])('are rejected with %s', (_, input, signature, reason) => {
    expect(() => read(input, signature)).toThrow(
      expect.objectContaining({ code: 'signature.malformed', message: expect.stringContaining(reason) }),
    );
  });

  it('are read or rejected, whatever they contain', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^a=\(("[@a-z-]{1,5}" ?)*\)(;[a-z]{1,4}(=("[^"]*"|[0-9]{1,3}|:[A-Za-z=]*:|\?1))?)*$/),
    );
    fc.assert(
      fc.property(text, fc.oneof(fc.string(), fc.constant('a=:AA==:')), (input, signature) => {
        try {
          read(input, signature);
        } catch (error) {
          if (!(error instanceof HttpProblem) || error.code !== 'signature.malformed') throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the parameters of a signature', () => {
  const parse = (parameters: Record<string, unknown>) => {
    const all = { created: CREATED, nonce: 'n', keyid: '3', ...parameters };
    return parametersOf(new Map(Object.entries(all).filter(([, value]) => value !== undefined)), NOW);
  };

  it('name the key, the time and the nonce', () => {
    expect(parse({ alg: 'ed25519', tag: 'x', expires: CREATED + 1 })).toEqual({
      keyId: 3,
      createdAt: NOW,
      nonce: 'n',
      algorithm: 'ed25519',
    });
    expect(parse({}).algorithm).toBeUndefined();
  });

  it.each([-60, 0, 60])('may be of another clock, by %d s', (seconds) => {
    expect(() => parse({ created: CREATED + seconds })).not.toThrow();
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['created 61 s ago', { created: CREATED - 61 }, 'signature.invalid', 'within 60 s'],
    ['created in 61 s', { created: CREATED + 61 }, 'signature.invalid', 'within 60 s'],
    ['no created', { created: undefined }, 'signature.invalid', 'The parameter created is missing'],
    ['created as a string', { created: 'now' }, 'signature.malformed', 'created must be an integer'],
    ['created as a decimal', { created: CREATED + 0.5 }, 'signature.malformed', 'created must be an integer'],
    ['expired', { expires: CREATED - 1 }, 'signature.invalid', 'has expired'],
    ['expires as a flag', { expires: true }, 'signature.malformed', 'expires must be an integer'],
    ['no nonce', { nonce: undefined }, 'signature.invalid', 'The parameter nonce is missing'],
    ['an empty nonce', { nonce: '' }, 'signature.invalid', '1 to 128'],
    ['a long nonce', { nonce: 'n'.repeat(129) }, 'signature.invalid', '1 to 128'],
    ['a nonce as a number', { nonce: 7 }, 'signature.malformed', 'nonce must be a string'],
    ['no keyid', { keyid: undefined }, 'signature.invalid', 'The parameter keyid is missing'],
    ['the name of a key', { keyid: 'bot' }, 'signature.invalid', 'the id of an access key'],
    ['a keyid as a number', { keyid: 3 }, 'signature.malformed', 'keyid must be a string'],
    ['an unknown alg', { alg: 'none' }, 'signature.invalid', 'alg must be hmac-sha256 or ed25519'],
    ['an unknown parameter', { x: 1 }, 'signature.malformed', 'x is unknown'],
  ])('are rejected: %s', (_, parameters, code, reason) => {
    expect(() => parse(parameters)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(reason) }),
    );
  });
});

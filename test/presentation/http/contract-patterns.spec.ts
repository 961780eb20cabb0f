import { validate } from 'class-validator';
import fc from 'fast-check';
import { textValidationError } from '../../../src/domain/incident/incident-text.js';
import { actorError } from '../../../src/presentation/http/auth/provenance.js';
import {
  ACTOR_PATTERN,
  KEY_PATTERN,
  TIMESTAMP_PATTERN,
  SEARCH_PATTERN,
  TEXT_PATTERN,
} from '../../../src/presentation/http/openapi/contract-patterns.js';
import { KEY } from '../../../src/presentation/http/headers/idempotency-key.js';
import { IsSearchText } from '../../../src/presentation/http/validation/text-fields.js';
import { parseTimestamp } from '../../../src/presentation/http/validation/timestamps.js';

class Search {
  @IsSearchText('a b')
  q: string;
}
const isSearchText = async (q: string) => (await validate(Object.assign(new Search(), { q }))).length === 0;

const regExpOf = (pattern: string) => new RegExp(pattern, 'u');
const isLoneSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;

describe('the patterns of the OpenAPI document', () => {
  it('agree with the service on blank texts, for every character up to U+FFFF', () => {
    const text = regExpOf(TEXT_PATTERN);
    const differing: string[] = [];
    for (let code = 0; code <= 0xffff; code++) {
      if (isLoneSurrogate(code)) continue;
      const one = String.fromCodePoint(code);
      for (const input of [one, `${one}a`, ` ${one}\n`]) {
        if (text.test(input) !== (textValidationError(input) === undefined))
          differing.push(code.toString(16));
      }
    }
    expect(differing).toEqual([]);
  });

  it('agree with the service on valid search texts', async () => {
    const search = regExpOf(SEARCH_PATTERN);
    const unit = fc.constantFrom('a', 'я', '7', ' ', '#', '\n', '\uFFFD', '🛴', '\u0085', 'e\u0301', '한');
    const texts = fc.oneof(fc.string({ unit, maxLength: 5 }), fc.string({ unit: 'binary', maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(texts, async (q) => expect(await isSearchText(q)).toBe(search.test(q))),
      { numRuns: 2_000 },
    );
  });

  it('match only timestamps that the service accepts', () => {
    const timestamp = fc.stringMatching(regExpOf(TIMESTAMP_PATTERN));
    fc.assert(
      fc.property(timestamp, (text) => expect(parseTimestamp(text)).toBeInstanceOf(Date)),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['2028-02-29', true],
    ['2100-02-29', false],
    ['2000-02-29T00:00:00Z', true],
    ['2027-02-29', false],
    ['2026-04-31', false],
    ['9999-12-31', true],
    ['9999-12-31T23:59:59.999Z', true],
    ['9999-12-31T22:00:00-11:00', false],
    ['2026-11-20T10:00:00+03:00', true],
    ['2026-11-20T23:59:60Z', false],
    ['2026-11-20T10:00:00', false],
  ])('agree with the service that %s is a timestamp: %s', (text, isTimestamp) => {
    expect(regExpOf(TIMESTAMP_PATTERN).test(text)).toBe(isTimestamp);
    expect(parseTimestamp(text) !== undefined).toBe(isTimestamp);
  });

  it('match only actors that the service accepts, in every script', () => {
    const actor = regExpOf(ACTOR_PATTERN);
    fc.assert(
      fc.property(fc.stringMatching(actor), (text) =>
        expect(actorError(decodeURIComponent(text))).toBeUndefined(),
      ),
      { numRuns: 2_000 },
    );
    for (const name of [
      'Иван',
      'telegram:7 Иван',
      '李明',
      '김철수',
      '🛴 bot',
      'José さくら',
      'José',
      'я'.repeat(255),
    ])
      expect(encodeURIComponent(name)).toMatch(actor);
  });

  it('agree with the service on idempotency keys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (key) =>
        expect(regExpOf(KEY_PATTERN).test(key)).toBe(KEY.test(key)),
      ),
    );
  });
});

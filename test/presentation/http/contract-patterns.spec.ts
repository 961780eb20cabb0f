import { validate } from 'class-validator';
import fc from 'fast-check';
import { textValidationError } from '../../../src/domain/incident/incident-text.js';
import { actorProblem } from '../../../src/presentation/http/auth/provenance.js';
import {
  ACTOR_PATTERN,
  KEY_PATTERN,
  TIMESTAMP_PATTERN,
  SEARCH_PATTERN,
  TEXT_PATTERN,
} from '../../../src/presentation/http/openapi/contract-patterns.js';
import { KEY } from '../../../src/presentation/http/headers/idempotency-key.js';
import { IsSearchText } from '../../../src/presentation/http/validation/list-values.js';
import { parseTimestamp } from '../../../src/presentation/http/validation/timestamps.js';

class Search {
  @IsSearchText()
  q: string;
}
const isSearchText = async (q: string) => (await validate(Object.assign(new Search(), { q }))).length === 0;

const rule = (pattern: string) => new RegExp(pattern, 'u');
const isLone = (code: number) => code >= 0xd800 && code <= 0xdfff;

describe('the patterns of the contract', () => {
  it('know each character that shows nothing, up to U+FFFF', () => {
    const text = rule(TEXT_PATTERN);
    const differing: string[] = [];
    for (let code = 0; code <= 0xffff; code++) {
      if (isLone(code)) continue;
      const one = String.fromCodePoint(code);
      for (const given of [one, `${one}a`, ` ${one}\n`]) {
        if (text.test(given) !== (textValidationError(given) === undefined)) differing.push(code.toString(16));
      }
    }
    expect(differing).toEqual([]);
  });

  it('know what the search index can look for', async () => {
    const search = rule(SEARCH_PATTERN);
    const unit = fc.constantFrom('a', 'я', '7', ' ', '#', '\n', '\uFFFD', '🛴', '\u0085', 'e\u0301', '한');
    const texts = fc.oneof(fc.string({ unit, maxLength: 5 }), fc.string({ unit: 'binary', maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(texts, async (q) => expect(await isSearchText(q)).toBe(search.test(q))),
      { numRuns: 2_000 },
    );
  });

  it('let moments through that there are', () => {
    const moment = fc.stringMatching(rule(TIMESTAMP_PATTERN));
    fc.assert(
      fc.property(moment, (text) => expect(parseTimestamp(text)).toBeInstanceOf(Date)),
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
  ])('say of the moment %s: %s', (text, isOne) => {
    expect(rule(TIMESTAMP_PATTERN).test(text)).toBe(isOne);
    expect(parseTimestamp(text) !== undefined).toBe(isOne);
  });

  it('let names of actors through that are fit, and those of all scripts', () => {
    const actor = rule(ACTOR_PATTERN);
    fc.assert(
      fc.property(fc.stringMatching(actor), (text) =>
        expect(actorProblem(decodeURIComponent(text))).toBeUndefined(),
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

  it('let the same keys through as the service', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (key) =>
        expect(rule(KEY_PATTERN).test(key)).toBe(KEY.test(key)),
      ),
    );
  });
});

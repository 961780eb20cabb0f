import { expiryOfSignInToken, hasEnded, latestEndOf } from '../../../src/domain/access/session.js';

const at = (text: string) => new Date(`${text}Z`);

describe('a session', () => {
  const startedAt = at('2026-11-01T08:00');

  it.each([
    ['2026-11-01T08:00', '2026-11-01T19:59:59.999', false],
    ['2026-11-01T08:00', '2026-11-01T20:00', true],
    ['2026-11-01T19:00', '2026-11-01T20:00', false],
    ['2026-12-01T07:59', '2026-12-01T07:59:59.999', false],
    // 30 days, however recently it was used.
    ['2026-12-01T07:59', '2026-12-01T08:00', true],
  ])('that was last used at %s has ended at %s: %s', (lastUsedAt, now, ended) => {
    expect(hasEnded({ startedAt, lastUsedAt: at(lastUsedAt) }, at(now))).toBe(ended);
  });

  it('ends with its access key, if that expires first', () => {
    expect(latestEndOf(startedAt, null)).toEqual(at('2026-12-01T08:00'));
    expect(latestEndOf(startedAt, at('2036-01-01T00:00'))).toEqual(at('2026-12-01T08:00'));
    expect(latestEndOf(startedAt, at('2026-11-02T00:00'))).toEqual(at('2026-11-02T00:00'));
  });

  it('begins by a token of the last 24 hours', () => {
    expect(expiryOfSignInToken(startedAt)).toEqual(at('2026-11-02T08:00'));
  });
});

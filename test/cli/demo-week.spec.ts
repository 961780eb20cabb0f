import { planWeek } from '../../src/cli/demo/week.js';
import { assertValidText } from '../../src/domain/incident/incident-text.js';

const NOW = new Date('2026-11-20T12:00:00Z');
const DAY_MS = 86_400_000;
const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

describe('the plan of a demo week', () => {
  it('is the same for the same seed and end, and another one for another seed', () => {
    expect(planWeek(7, NOW)).toEqual(planWeek(7, NOW));
    expect(planWeek(8, NOW)).not.toEqual(planWeek(7, NOW));
  });

  it.each(SEEDS)(
    'has reports on each day until its end, in order, of every channel and source (seed %i)',
    (seed) => {
      const actions = planWeek(seed, NOW);
      const times = actions.map(({ at }) => at.getTime());
      expect(times).toEqual(times.toSorted((one, other) => one - other));
      expect(times[0]).toBeGreaterThan(NOW.getTime() - 7 * DAY_MS);
      expect(times.at(-1)).toBeLessThanOrEqual(NOW.getTime());
      const reports = actions.flatMap((action) => (action.type === 'report' ? [action] : []));
      const daysBefore = reports.map(({ at }) => Math.floor((NOW.getTime() - at.getTime()) / DAY_MS));
      expect(new Set(daysBefore)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
      expect(new Set(reports.map(({ report }) => report.channel))).toEqual(
        new Set(['rest', 'telegram', 'kafka', 'alertmanager']),
      );
      expect(new Set(reports.map(({ report }) => report.source))).toEqual(
        new Set(['operator', 'monitoring', 'partner']),
      );
      const texts = reports.map(({ report }) => report.description);
      for (const text of texts) assertValidText(text);
      const russian = texts.filter((text) => /\p{Script=Cyrillic}/u.test(text)).length;
      expect(russian / texts.length).toBeGreaterThan(0.3);
      expect(russian / texts.length).toBeLessThan(0.8);
    },
  );

  it('has few reports of people at night', () => {
    const hours = planWeek(1, NOW).flatMap((action) =>
      action.type === 'report' && action.report.channel === 'telegram' ? [action.at.getUTCHours()] : [],
    );
    const atNight = hours.filter((hour) => hour < 4).length;
    const atNoon = hours.filter((hour) => hour >= 10 && hour < 14).length;
    expect(atNoon).toBeGreaterThan(5 * atNight);
  });
});

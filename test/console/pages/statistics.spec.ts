import { countByHour, HOURS } from '../../../console/src/pages/statistics/hours.js';
import { rangeOf } from '../../../console/src/pages/statistics/measures.js';

const NOW = new Date('2026-11-20T12:30:00Z');

describe('the statistics page', () => {
  it('asks for whole days in UTC that end with today', () => {
    expect(rangeOf(1, NOW)).toEqual({ from: '2026-11-20', to: '2026-11-21' });
    expect(rangeOf(7, NOW)).toEqual({ from: '2026-11-14', to: '2026-11-21' });
    expect(rangeOf(30, new Date('2027-01-01T00:00:00Z'))).toEqual({ from: '2026-12-03', to: '2027-01-02' });
  });

  it('counts untaken incidents by the hour of their report, and those before separately', () => {
    const reportedAt = ['12:30', '12:00', '11:59:59.999', '10:15', '10:45'].map(
      (time) => new Date(`2026-11-20T${time}Z`),
    );
    const yesterday = ['2026-11-19T13:00:00Z', '2026-11-19T12:59:59Z', '2026-11-01T00:00:00Z'];
    const { hours, earlier } = countByHour([...reportedAt, ...yesterday.map((at) => new Date(at))], NOW);
    expect(hours).toHaveLength(HOURS);
    expect(hours[0]).toEqual({ at: new Date('2026-11-19T13:00:00Z'), count: 1 });
    expect(hours.slice(-3).map(({ count }) => count)).toEqual([2, 1, 2]);
    expect(earlier).toBe(2);
  });

  it('counts a report of the future, by the clock of another machine, in the last hour', () => {
    const { hours } = countByHour([new Date('2026-11-20T13:05:00Z')], NOW);
    expect(hours.at(-1)!.count).toBe(1);
  });
});

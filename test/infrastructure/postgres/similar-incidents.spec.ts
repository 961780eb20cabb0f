import { StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { PostgresSimilarIncidents } from '../../../src/infrastructure/postgres/lists/postgres-similar-incidents.js';
import type { SearchQueue } from '../../../src/infrastructure/postgres/lists/search-queue.js';
import { anIncident } from '../../support/builders.js';

const QUERY = { id: 9, text: 'scooter 42' };
const row = (id: number, read: number) => ({ id, text: 'scooter 42', textSimilarity: 1, read });

/** Finds similar incidents where the comparison (again with fewer incidents after a timeout), the index by number, and that by text have these results; undefined after a timeout. */
async function find(...results: (readonly object[] | undefined)[]): Promise<readonly number[]> {
  const time = {
    startedAt: 0,
    deadline: 800,
    rowsBy: async () => results.shift(),
    incidents: async (ids: number[]) =>
      ids.map((id) => {
        const { state } = anIncident().with({ id }).build();
        return { ...state, created_at: state.createdAt, isBeyond: false };
      }),
  };
  const searches = {
    submit: (_: string, __: object, run: (limit: unknown) => Promise<unknown>) => run(time),
  } as unknown as SearchQueue;
  return (await new PostgresSimilarIncidents(searches).find(QUERY)).map(({ incident }) => incident.id);
}

describe('the search for similar incidents', () => {
  it('asks the index only if there are more open incidents than it has compared', async () => {
    expect(await find([row(1, 1_999)], [row(2, 1)], [row(3, 1)])).toEqual([1]);
    expect(await find([row(1, 2_000)], [row(2, 1), row(1, 1)], [row(3, 1)])).toEqual([3, 2, 1]);
    expect(await find([], [row(2, 1)], [])).toEqual([2]);
  });

  it('does not look for older ones by text if it has enough', async () => {
    const many = Array.from({ length: 12 }, (_, n) => row(n + 1, 2_000));
    expect(await find(many, [], [row(99, 1)])).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  });

  it('has what it has found if one of its attempts takes too long', async () => {
    expect(await find([row(1, 2_000)], undefined, undefined)).toEqual([1]);
    expect(await find(undefined, undefined, [row(2, 1)], undefined)).toEqual([2]);
    expect(await find(undefined, undefined, undefined, [row(3, 1)])).toEqual([3]);
  });

  it('compares fewer incidents if the comparison takes too long, and asks the index for the others', async () => {
    expect(await find(undefined, [row(1, 100)], undefined, undefined)).toEqual([1]);
    expect(await find(undefined, [row(1, 100)], [row(2, 1)], [row(3, 1)])).toEqual([3, 2, 1]);
  });

  it('fails if all of them take too long', () =>
    expect(find(undefined, undefined, undefined, undefined)).rejects.toThrow(StoreUnavailable));
});

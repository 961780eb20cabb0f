import { StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { PostgresSimilarIncidents } from '../../../src/infrastructure/postgres/lists/postgres-similar-incidents.js';
import type { SearchQueue } from '../../../src/infrastructure/postgres/lists/search-queue.js';
import { anIncident } from '../../support/builders.js';

const QUERY = { id: 9, text: 'scooter 42' };
const row = (id: number, read: number) => ({ id, text: 'scooter 42', textSimilarity: 1, read });

/** Finds similar incidents where the scan, and then the index, has this result; undefined after a timeout. */
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
    expect(await find([row(1, 1_999)], [row(2, 1)])).toEqual([1]);
    expect(await find([row(1, 2_000)], [row(2, 1), row(1, 1)])).toEqual([2, 1]);
    expect(await find([], [row(2, 1)])).toEqual([2]);
  });

  it('has the result of the comparison if the index takes too long, and the other way round', async () => {
    expect(await find([row(1, 2_000)], undefined)).toEqual([1]);
    expect(await find(undefined, [row(2, 1)])).toEqual([2]);
  });

  it('fails if both take too long', () =>
    expect(find(undefined, undefined)).rejects.toThrow(StoreUnavailable));
});

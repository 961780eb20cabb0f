import { later, NOON } from '../../support/builders.js';
import { type IncidentStore, INCIDENT_STORES } from '../../support/incident-stores.js';

describe.each(INCIDENT_STORES)('an incident history $name', ({ open }) => {
  let store: IncidentStore;
  let id: number;

  beforeAll(async () => {
    store = await open();
    ({
      incident: { id },
    } = await store.repository.add({
      description: 'a',
      source: 'operator',
      actor: 'ann',
      channel: 'rest',
      at: NOON,
    }));
    await store.repository.change(id, (incident) => {
      for (let i = 1; i <= 4; i++)
        incident.append(`line ${i}`, { actor: 'bob', channel: 'rest', at: later(i) });
    });
  });
  afterAll(() => store.close());

  const seqs = async (after: number, limit: number) => {
    const page = await store.history.page(id, after, limit);
    return { seqs: page?.events.map(({ seq }) => seq), more: page?.more };
  };

  it('starts with the report', async () => {
    const page = await store.history.page(id, 0, 1);
    expect(page?.events).toEqual([
      { seq: 1, type: 'reported', at: NOON, actor: 'ann', channel: 'rest', text: 'a' },
    ]);
  });

  it('is read in pages, each of which says whether there are more', async () => {
    expect(await seqs(0, 2)).toEqual({ seqs: [1, 2], more: true });
    expect(await seqs(2, 2)).toEqual({ seqs: [3, 4], more: true });
    expect(await seqs(4, 2)).toEqual({ seqs: [5], more: false });
    expect(await seqs(0, 5)).toEqual({ seqs: [1, 2, 3, 4, 5], more: false });
  });

  it('is empty after its last event, and undefined for an unknown incident', async () => {
    expect(await seqs(5, 2)).toEqual({ seqs: [], more: false });
    expect(await store.history.page(Number.MAX_SAFE_INTEGER, 0, 2)).toBeUndefined();
  });
});

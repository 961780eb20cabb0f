import { later, NOON } from '../../support/builders.js';
import { type Register, REGISTERS } from '../../support/registers.js';

describe.each(REGISTERS)('an incident history $name', ({ open }) => {
  let register: Register;
  let id: number;

  beforeAll(async () => {
    register = await open();
    ({
      incident: { id },
    } = await register.repository.add({
      description: 'a',
      source: 'operator',
      actor: 'ann',
      channel: 'rest',
      at: NOON,
    }));
    await register.repository.change(id, (incident) => {
      for (let i = 1; i <= 4; i++)
        incident.append(`line ${i}`, { actor: 'bob', channel: 'rest', at: later(i) });
    });
  });
  afterAll(() => register.close());

  const seqs = async (after: number, limit: number) => {
    const page = await register.history.page(id, after, limit);
    return { seqs: page?.events.map(({ seq }) => seq), more: page?.more };
  };

  it('begins with the report', async () => {
    const page = await register.history.page(id, 0, 1);
    expect(page?.events).toEqual([
      { seq: 1, type: 'reported', at: NOON, actor: 'ann', channel: 'rest', text: 'a' },
    ]);
  });

  it('is read in pages, each saying whether there is more', async () => {
    expect(await seqs(0, 2)).toEqual({ seqs: [1, 2], more: true });
    expect(await seqs(2, 2)).toEqual({ seqs: [3, 4], more: true });
    expect(await seqs(4, 2)).toEqual({ seqs: [5], more: false });
    expect(await seqs(0, 5)).toEqual({ seqs: [1, 2, 3, 4, 5], more: false });
  });

  it('is empty after its last event, and missing where there is no incident', async () => {
    expect(await seqs(5, 2)).toEqual({ seqs: [], more: false });
    expect(await register.history.page(Number.MAX_SAFE_INTEGER, 0, 2)).toBeUndefined();
  });
});

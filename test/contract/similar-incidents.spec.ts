import { MAX_SIMILAR } from '../../src/application/incident/similar-incidents.js';
import type { IncidentStatus } from '../../src/domain/incident/incident-status.js';
import { later } from '../support/builders.js';
import { type IncidentStore, INCIDENT_STORES } from '../support/incident-stores.js';

describe.each(INCIDENT_STORES)('similar incidents $name', ({ open }) => {
  let store: IncidentStore;
  let reports = 0;
  const provenance = { actor: 'a', channel: 'rest' } as const;
  const add = async (description: string): Promise<number> => {
    const report = { description, source: 'operator', ...provenance, at: later(reports++) } as const;
    return (await store.repository.add(report)).incident.id;
  };
  const moveTo = (id: number, status: IncidentStatus) =>
    store.repository.change(id, (incident) =>
      incident.moveTo(status, { ...provenance, at: later(reports) }, 'shortest'),
    );
  const similarTo = async (id: number, text: string) =>
    (await store.similar.find({ id, text })).map(({ incident, ...similarity }) =>
      Object.assign({ id: incident.id }, similarity),
    );

  beforeAll(async () => (store = await open()));
  afterAll(() => store.close());

  it('are open ones with a similar text or the same asset number, the most similar first', async () => {
    const text = 'Самокат #42 не отвечает';
    const [same, number, other] = [await add(text), await add('СЕРВЕР 42'), await add('самокат не отвечает')];
    const [inProgress, resolved, closed] = [await add(text), await add(text), await add(text)];
    await moveTo(inProgress, 'IN_PROGRESS');
    await moveTo(resolved, 'RESOLVED');
    await moveTo(closed, 'CLOSED');
    await add('Касса 3 не печатает');
    const id = await add(text);
    const found = await similarTo(id, text);
    expect(found.map((each) => each.id)).toEqual([inProgress, same, other, number]);
    expect(found.slice(0, 2)).toEqual(
      [inProgress, same].map((each) => ({ id: each, similarity: 1, matchedBy: 'asset_number' })),
    );
    expect(found[2]).toMatchObject({ matchedBy: 'text', similarity: expect.closeTo(0.85, 1) });
    expect(found[3]).toMatchObject({ matchedBy: 'asset_number', similarity: expect.closeTo(0.55, 1) });
  });

  it('of other assets are less similar, although most of their words are equal', async () => {
    const text = 'Электровелосипед EB-7 потерял связь';
    const [other, code, none] = [
      await add('Электровелосипед EB-8 потерял связь'),
      await add('потеряли eb7'),
      await add('Электровелосипед потерял связь'),
    ];
    const found = await similarTo(await add(text), text);
    expect(found.map(({ id }) => id)).toEqual([none, code, other]);
    expect(found[2]!.similarity).toBeLessThan(0.5);
  });

  it('are compared by their first reports, whatever was appended', async () => {
    const text = 'The lift in the lobby is stuck';
    const appended = await add(text);
    await store.repository.change(appended, (incident) =>
      incident.append('a mechanic is on the way and will be there soon', {
        ...provenance,
        at: later(reports),
      }),
    );
    expect((await similarTo(await add(text), text))[0]).toMatchObject({ id: appended, similarity: 1 });
  });

  it('are none for a text that resembles no other', async () => {
    expect(await similarTo(await add('qqqq wwww'), 'qqqq wwww')).toEqual([]);
    expect(await similarTo(await add('!'), '!')).toEqual([]);
  });

  it('are at most ten, of equal ones the newest', async () => {
    const text = String.raw`100%_\ 'quoted' noise`;
    const ids: number[] = [];
    for (let n = 0; n < MAX_SIMILAR + 2; n++) ids.push(await add(text));
    const found = await similarTo(ids.at(-1)!, text);
    expect(found.map(({ id }) => id)).toEqual(ids.slice(1, -1).toReversed());
  });

  it('are found behind any number of those that are no longer open', async () => {
    const text = 'Fountain in the park is dry';
    const open = await add(text);
    for (let n = 0; n < 40; n++) await moveTo(await add(text), n % 2 === 0 ? 'RESOLVED' : 'CLOSED');
    expect((await similarTo(await add(text), text)).map(({ id }) => id)).toEqual([open]);
  });
});

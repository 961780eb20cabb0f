import { MAX_COUNTED, type IncidentQuery } from '../../src/application/ports/incident-list.js';
import type { IncidentSource } from '../../src/domain/incident/incident-source.js';
import { later, NOON } from '../support/builders.js';
import { type Register, REGISTERS } from '../support/registers.js';

const everything: IncidentQuery = { order: 'oldest-first', limit: 200, offset: 0 };

describe.each(REGISTERS)('an incident list $name', ({ open }) => {
  let register: Register;
  const titles = async (query: Partial<IncidentQuery>) =>
    (await register.list.page({ ...everything, ...query })).incidents.map(({ description }) => description);

  beforeAll(async () => {
    register = await open();
    const add = (description: string, source: IncidentSource, at: Date) =>
      register.repository.add({ description, source, actor: 'a', at });
    const a = await add('a', 'operator', NOON);
    await add('b', 'monitoring', later(10));
    await add('c', 'monitoring', later(10));
    await add('d', 'partner', later(20));
    await register.repository.change(a.id, (incident) =>
      incident.changeStatus('IN_PROGRESS', { actor: 'a', at: later(30) }),
    );
  });
  afterAll(() => register.close());

  it('orders by time, and by id where times are equal', async () => {
    expect(await titles({})).toEqual(['a', 'b', 'c', 'd']);
    expect(await titles({ order: 'newest-first' })).toEqual(['d', 'c', 'b', 'a']);
  });

  it.each<[Partial<IncidentQuery>, string[]]>([
    [{ statuses: ['NEW'] }, ['b', 'c', 'd']],
    [{ statuses: ['NEW', 'IN_PROGRESS'] }, ['a', 'b', 'c', 'd']],
    [{ statuses: ['CLOSED'] }, []],
    [{ sources: ['operator', 'partner'] }, ['a', 'd']],
    [{ statuses: ['NEW'], sources: ['operator', 'partner'] }, ['d']],
    [{ createdFrom: later(10) }, ['b', 'c', 'd']],
    [{ createdTo: later(10) }, ['a']],
    [{ createdFrom: later(10), createdTo: later(20) }, ['b', 'c']],
    [{ createdFrom: later(10), sources: ['partner'] }, ['d']],
  ])('lets %j through the filters', async (query, expected) => {
    expect(await titles(query)).toEqual(expected);
    expect((await register.list.page({ ...everything, ...query, limit: 1 })).total).toBe(expected.length);
  });

  it('cuts out a page and tells the total of all', async () => {
    const page = await register.list.page({ ...everything, limit: 2, offset: 1 });
    expect(page.incidents.map(({ description }) => description)).toEqual(['b', 'c']);
    expect(page).toMatchObject({ total: 4, totalIsExact: true });
  });

  it('tells the total on a page past the end too', async () => {
    expect(await register.list.page({ ...everything, offset: 100 })).toEqual({
      incidents: [],
      total: 4,
      totalIsExact: true,
    });
  });

  it('stops counting by date at its limit, and says so', async () => {
    const batch = 500;
    for (let added = 4; added <= MAX_COUNTED; added += batch) {
      await Promise.all(
        Array.from({ length: batch }, () =>
          register.repository.add({ description: 'x', source: 'operator', actor: 'a', at: later(99) }),
        ),
      );
    }
    expect(await register.list.page({ ...everything, limit: 1, createdFrom: NOON })).toMatchObject({
      total: MAX_COUNTED,
      totalIsExact: false,
    });
    const all = await register.list.page({ ...everything, limit: 1 });
    expect(all.total).toBeGreaterThan(MAX_COUNTED);
    expect(all.totalIsExact).toBe(true);
  });
});

import {
  MAX_COUNTED,
  type IncidentQuery,
  type PageStart,
} from '../../src/application/incident/incident-list.js';
import type { IncidentSource } from '../../src/domain/incident/incident-source.js';
import type { Incident } from '../../src/domain/incident/incident.js';
import { later, NOON } from '../support/builders.js';
import { type IncidentStore, INCIDENT_STORES } from '../support/incident-stores.js';

const SOME: unknown = expect.anything();

const everything: IncidentQuery = { order: 'oldest-first', limit: 200, start: { offset: 0 } };

describe.each(INCIDENT_STORES)('an incident list $name', ({ open }) => {
  let store: IncidentStore;
  const titles = async (query: Partial<IncidentQuery>) =>
    (await store.list.page({ ...everything, ...query })).incidents.map(({ description }) => description);

  beforeAll(async () => {
    store = await open();
    const add = (description: string, source: IncidentSource, at: Date) =>
      store.repository.add({ description, source, actor: 'a', channel: 'rest', at });
    const { incident: a } = await add('a', 'operator', NOON);
    await add('b', 'monitoring', later(10));
    await add('c', 'monitoring', later(10));
    await add('d', 'partner', later(20));
    await store.repository.change(a.id, (incident) =>
      incident.moveTo('IN_PROGRESS', { actor: 'a', channel: 'rest', at: later(30) }),
    );
  });
  afterAll(() => store.close());

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
  ])('returns the incidents that match the filters %j', async (query, expected) => {
    expect(await titles(query)).toEqual(expected);
    expect((await store.list.page({ ...everything, ...query, limit: 1 })).total).toBe(expected.length);
  });

  it('returns a page and the total of all incidents', async () => {
    const page = await store.list.page({ ...everything, limit: 2, start: { offset: 1 } });
    expect(page.incidents.map(({ description }) => description)).toEqual(['b', 'c']);
    expect(page).toMatchObject({ total: 4, totalIsExact: true, previous: SOME, next: SOME });
  });

  it.each(['newest-first', 'oldest-first'] as const)(
    'is paged by positions forwards and backwards, %s',
    async (order) => {
      const all = await titles({ order });
      const page = async (start: PageStart) => store.list.page({ ...everything, order, limit: 3, start });
      const first = await page({ offset: 0 });
      const second = await page({ after: first.incidents.at(-1)! });
      expect([...first.incidents, ...second.incidents].map(({ description }) => description)).toEqual(all);
      expect(second).toMatchObject({ previous: SOME, next: undefined, total: 4 });
      const back = await page({ before: second.incidents[0]! });
      expect(back.incidents.map(({ description }) => description)).toEqual(all.slice(0, 3));
      expect(back).toMatchObject({ previous: undefined, next: SOME });
      const third = await page({ before: first.incidents[2]! });
      expect(third.incidents.map(({ description }) => description)).toEqual(all.slice(0, 2));
    },
  );

  it('returns the total on a page beyond the end too', async () => {
    expect(await store.list.page({ ...everything, start: { offset: 100 } })).toEqual({
      incidents: [],
      previous: undefined,
      next: undefined,
      total: 4,
      totalIsExact: true,
    });
  });

  it('stops counting by date at the limit, and marks the total as inexact', async () => {
    const batch = 500;
    for (let added = 4; added <= MAX_COUNTED; added += batch) {
      await Promise.all(
        Array.from({ length: batch }, () =>
          store.repository.add({
            description: 'x',
            source: 'operator',
            actor: 'a',
            channel: 'rest',
            at: later(99),
          }),
        ),
      );
    }
    expect(await store.list.page({ ...everything, limit: 1, createdFrom: NOON })).toMatchObject({
      total: MAX_COUNTED,
      totalIsExact: false,
    });
    const all = await store.list.page({ ...everything, limit: 1 });
    expect(all.total).toBeGreaterThan(MAX_COUNTED);
    expect(all.totalIsExact).toBe(true);
  });
});

describe.each(INCIDENT_STORES)('a list of incidents with assignees and urgency $name', ({ open }) => {
  let store: IncidentStore;
  const change = { actor: 'anna', channel: 'rest', at: later(100) };
  const titles = async (query: Partial<IncidentQuery>) =>
    (await store.list.page({ ...everything, ...query })).incidents.map(({ description }) => description);

  beforeAll(async () => {
    store = await open();
    const acts: Record<string, ((incident: Incident) => void)[]> = {
      new: [],
      'in progress': [(incident) => incident.assignTo('boris', change)],
      released: [(incident) => incident.assignTo('boris', change), (incident) => incident.release(change)],
      'urgent new': [(incident) => incident.setUrgent(true, change)],
      'urgent in progress': [
        (incident) => incident.setUrgent(true, change),
        (incident) => incident.moveTo('IN_PROGRESS', change),
      ],
      resolved: [(incident) => incident.moveTo('RESOLVED', change, 'shortest')],
      'resolved by nobody': [(incident) => incident.moveTo('RESOLVED', change, 'shortest', null)],
      'urgent closed': [
        (incident) => incident.setUrgent(true, change),
        (incident) => incident.moveTo('CLOSED', change, 'shortest'),
      ],
      'closed by nobody': [(incident) => incident.moveTo('CLOSED', change, 'shortest', null)],
    };
    for (const [i, [description, changes]] of Object.entries(acts).entries()) {
      const channel = i % 3 === 0 ? 'telegram' : 'rest';
      const report = { description, actor: 'a', channel, at: later(i), origin: `place:${i % 2}:7` };
      const source = i < 5 ? 'operator' : 'partner';
      const { incident } = await store.repository.add({ ...report, source });
      for (const act of changes) await store.repository.change(incident.id, act);
    }
  });
  afterAll(() => store.close());

  it.each<[Partial<IncidentQuery>, string[]]>([
    [{ assignee: 'boris' }, ['in progress']],
    [{ assignee: 'anna' }, ['urgent in progress', 'resolved', 'urgent closed']],
    [{ assignee: 'anna', statuses: ['CLOSED', 'RESOLVED'] }, ['resolved', 'urgent closed']],
    [{ assignee: null }, ['new', 'released', 'urgent new', 'resolved by nobody', 'closed by nobody']],
    [{ assignee: null, sources: ['partner'] }, ['resolved by nobody', 'closed by nobody']],
    [{ urgent: true }, ['urgent new', 'urgent in progress', 'urgent closed']],
    [{ urgent: false, statuses: ['NEW', 'IN_PROGRESS'] }, ['new', 'in progress', 'released']],
    [{ untaken: true }, ['new', 'released', 'urgent new']],
    [{ untaken: true, urgent: true }, ['urgent new']],
    [{ untaken: true, assignee: 'anna' }, []],
    [{ untaken: true, statuses: ['IN_PROGRESS'] }, ['released']],
    [{ untaken: false, urgent: true }, ['urgent in progress', 'urgent closed']],
    [{ origin: 'place:1:7', untaken: true }, ['urgent new']],
    [{ chats: ['place:1'] }, ['in progress', 'urgent new', 'resolved', 'urgent closed']],
    [{ chats: ['place:1'], untaken: true }, ['urgent new']],
    [{ chats: ['place:1'], untaken: true, statuses: ['CLOSED'] }, []],
    [{ chats: ['place:0', 'place:9'], urgent: true }, ['urgent in progress']],
    [{ chats: ['place:0', 'place:1', 'place:0'], statuses: ['NEW'] }, ['new', 'urgent new']],
    [{ chats: ['place:0'], origin: 'place:1:7' }, []],
    [{ channels: ['telegram'] }, ['new', 'urgent new', 'resolved by nobody']],
    [{ channels: ['telegram'], untaken: true }, ['new', 'urgent new']],
    [{ channels: ['rest'], statuses: ['NEW'] }, []],
    [{ channels: ['rest', 'telegram'], urgent: true }, ['urgent new', 'urgent in progress', 'urgent closed']],
    [{ channels: ['kafka'] }, []],
    [{ untaken: true, createdFrom: later(1), createdTo: later(3) }, ['released']],
  ])('has those that match %j', async (query, expected) => {
    expect(await titles(query)).toEqual(expected);
    expect(await titles({ ...query, order: 'newest-first' })).toEqual(expected.toReversed());
    expect((await titles({ ...query, order: 'attention' })).toSorted()).toEqual(expected.toSorted());
    expect((await store.list.page({ ...everything, ...query, limit: 1 })).total).toBe(expected.length);
  });

  const BY_ATTENTION = [
    'urgent new',
    'urgent in progress',
    'new',
    'released',
    'in progress',
    'resolved',
    'resolved by nobody',
    'urgent closed',
    'closed by nobody',
  ];

  it('has what needs attention first', async () => {
    expect(await titles({ order: 'attention' })).toEqual(BY_ATTENTION);
  });

  it.each([1, 2, 3, 4])('is paged by attention, %i a page, forwards and backwards', async (limit) => {
    const page = (start: PageStart) => store.list.page({ order: 'attention', limit, start });
    const forwards: string[] = [];
    const pages = [];
    for (let start: PageStart | undefined = { offset: 0 }; start;) {
      const { incidents, next } = await page(start);
      forwards.push(...incidents.map(({ description }) => description));
      pages.push(incidents);
      start = next;
    }
    expect(forwards).toEqual(BY_ATTENTION);
    const before = await page({ before: pages.at(-1)![0]! });
    expect(before.incidents.map(({ id }) => id)).toEqual(pages.at(-2)!.map(({ id }) => id));
  });

  it('has no page by attention where its filters let nothing through after the position', async () => {
    const [last] = (await store.list.page({ ...everything, statuses: ['CLOSED'] })).incidents;
    const page = { ...everything, order: 'attention', start: { after: last! } } as const;
    expect((await store.list.page({ ...page, statuses: ['NEW'] })).incidents).toEqual([]);
  });
});

describe.each(INCIDENT_STORES)('a search in an incident list $name', ({ open }) => {
  let store: IncidentStore;
  const search = (query: Partial<IncidentQuery>) => store.list.page({ ...everything, ...query });

  beforeAll(async () => {
    store = await open();
    const texts = ['Самокат #42 оффлайн', 'Kasse antwortet nicht', String.raw`100%_\ sure`, 'ΣΊΣΥΦΟΣ'];
    for (const [i, description] of texts.entries()) {
      await store.repository.add({
        description,
        source: 'operator',
        actor: 'a',
        channel: 'rest',
        at: later(i),
      });
    }
  });
  afterAll(() => store.close());

  it.each<[Partial<IncidentQuery>, string[]]>([
    [{ text: 'самокат' }, ['Самокат #42 оффлайн']],
    [{ text: 'САМОКАТ' }, ['Самокат #42 оффлайн']],
    [{ text: 'окат #42 офф' }, ['Самокат #42 оффлайн']],
    [{ text: '#42' }, ['Самокат #42 оффлайн']],
    [{ text: '#43' }, []],
    [{ text: 'ANTWORT' }, ['Kasse antwortet nicht']],
    [{ text: 'σίσυφ' }, ['ΣΊΣΥΦΟΣ']],
    [{ text: '100%_' }, [String.raw`100%_\ sure`]],
    [{ text: '100__' }, []],
    [{ text: String.raw`_\ sure` }, [String.raw`100%_\ sure`]],
    [{ text: 'sure', statuses: ['NEW'], sources: ['operator', 'partner'] }, [String.raw`100%_\ sure`]],
    [{ text: 'sure', statuses: ['CLOSED'] }, []],
    [{ text: 'sure', createdFrom: later(3) }, []],
  ])('finds %j', async (query, expected) => {
    const page = await search(query);
    expect(page.incidents.map(({ description }) => description)).toEqual(expected);
    expect(page).toMatchObject({ total: expected.length, totalIsExact: true, next: undefined });
  });

  it('stops counting at the limit, and is still paged in order', async () => {
    const batch = 500;
    for (let added = 0; added <= MAX_COUNTED; added += batch) {
      const add = (i: number) =>
        store.repository.add({
          description: 'common',
          source: 'operator',
          actor: 'a',
          channel: 'rest',
          at: later(1_000 + added + i),
        });
      await Promise.all(Array.from({ length: batch }, (_, i) => add(i)));
    }
    const first = await search({ text: 'comm', order: 'newest-first', limit: 3 });
    expect(first).toMatchObject({ total: MAX_COUNTED, totalIsExact: false, next: SOME });
    const second = await search({
      text: 'comm',
      order: 'newest-first',
      limit: 3,
      start: { after: first.incidents.at(-1)! },
    });
    const times = [...first.incidents, ...second.incidents].map(({ createdAt }) => createdAt.getTime());
    expect(times).toEqual(Array.from({ length: 6 }, (_, i) => times[0]! - i));
  });
});

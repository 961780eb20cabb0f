import { type Service, startService } from '../../support/service.js';

describe('marking a duplicate', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const path = (id: number) => `/api/v1/incidents/${id}`;
  const aReport = async (json: object = {}): Promise<number> => (await service.report({ ...json })).body.id;
  const mark = (id: number, duplicateOf: number, more: object = {}, headers?: Record<string, string>) =>
    service.patch(path(id), { duplicate_of: duplicateOf, ...more }, headers);
  const read = async (id: number) => (await service.get(path(id))).body;
  const historyOf = async (id: number) => (await service.get(`${path(id)}/events`)).body as any[];

  it('closes the duplicate, keeps its text, and counts it at the original', async () => {
    const original = await aReport();
    const duplicate = await aReport({ description: 'не едет' });
    const answer = await mark(duplicate, original);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: duplicate,
      status: 'CLOSED',
      description: 'не едет',
      duplicate_of: original,
      occurrences: 1,
      assignee: null,
      taken_at: null,
    });
    expect(await read(duplicate)).toEqual(answer.body);
    expect(await read(original)).toMatchObject({ status: 'NEW', occurrences: 2, duplicate_of: null });
  });

  it('links both by events, and lists the duplicates of an incident', async () => {
    const [original, first, second] = [await aReport(), await aReport(), await aReport()];
    for (const id of [first, second]) await mark(id, original);
    expect((await historyOf(original)).slice(1)).toMatchObject([
      { type: 'duplicate_linked', duplicate_id: first, actor: 'admin' },
      { type: 'duplicate_linked', duplicate_id: second },
    ]);
    expect(await historyOf(first)).toMatchObject([
      { type: 'reported' },
      { type: 'marked_as_duplicate', duplicate_of: original },
      { type: 'status_changed', to: 'IN_PROGRESS' },
      { type: 'status_changed', to: 'RESOLVED' },
      { type: 'status_changed', to: 'CLOSED' },
    ]);
    const { body, headers } = await service.get(`/api/v1/incidents?duplicate_of=${original}`);
    expect(body.map(({ id }: { id: number }) => id)).toEqual([second, first]);
    expect(headers.get('x-total-count')).toBe('2');
  });

  it('follows a chain to its original', async () => {
    const [five, seventeen, fortyTwo] = [await aReport(), await aReport(), await aReport()];
    await mark(seventeen, five);
    expect((await mark(fortyTwo, seventeen)).body).toMatchObject({ duplicate_of: five });
    expect(await read(five)).toMatchObject({ occurrences: 3 });
    expect(await read(seventeen)).toMatchObject({ occurrences: 1 });
  });

  it('is possible for a CLOSED incident, and with an appended text', async () => {
    const [original, duplicate] = [await aReport(), await aReport({ description: 'a' })];
    await service.patch(path(duplicate), { status: 'CLOSED', via: 'shortest' });
    const { body } = await mark(duplicate, original, { description_append: 'b' });
    expect(body).toMatchObject({ status: 'CLOSED', description: 'a\nb', duplicate_of: original });
  });

  it('changes nothing when it is repeated, also after the original has become a duplicate', async () => {
    const [original, duplicate, first] = [await aReport(), await aReport(), await aReport()];
    const { body } = await mark(duplicate, original);
    await mark(original, first);
    const again = await mark(duplicate, original);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(body);
    expect(await read(first)).toMatchObject({ occurrences: 3 });
  });

  it('is rejected for the incident itself, a cycle, another original and an unknown one', async () => {
    const [first, second, third] = [await aReport(), await aReport(), await aReport()];
    await mark(second, first);
    const before = await Promise.all([first, second, third].map(read));
    const itself = await mark(third, third);
    expect(itself).toBeProblem('request.invalid');
    expect(itself.body.errors).toMatchObject([{ in: 'body', pointer: '/duplicate_of' }]);
    const cycle = await mark(first, second);
    expect(cycle).toBeProblem('incident.duplicate-cycle');
    expect(cycle.body).toMatchObject({ duplicate_of: second });
    const other = await mark(second, third);
    expect(other).toBeProblem('incident.already-duplicate');
    expect(other.body).toMatchObject({ duplicate_of: first });
    expect(await mark(third, 9_007_199_254_740_991)).toBeProblem('incident.original-not-found');
    expect(await mark(9_007_199_254_740_991, third)).toBeProblem('incident.not-found');
    expect(await Promise.all([first, second, third].map(read))).toEqual(before);
  });

  it.each([
    [{ status: 'CLOSED' }],
    [{ status: 'CLOSED', via: 'shortest' }],
    [{ assignee: 'me' }],
    [{ assignee: null }],
    [{ urgent: false }],
  ])('is rejected together with %j', async (more) => {
    const [original, duplicate] = [await aReport(), await aReport()];
    expect(await mark(duplicate, original, more)).toBeProblem('request.invalid');
    expect(await read(duplicate)).toMatchObject({ status: 'NEW' });
  });

  it.each([0, -1, 1.5, 2 ** 53, '17', null, true, [17]])('is rejected with the id %j', async (id) => {
    expect(await service.patch(path(await aReport()), { duplicate_of: id })).toBeProblem('request.invalid');
  });

  it('happens only at the version that If-Match requires of the duplicate', async () => {
    const [original, duplicate] = [await aReport(), await aReport()];
    await service.patch(path(original), { description_append: 'of no matter' });
    const stale = { 'If-Match': `"${duplicate}-7"` };
    expect(await mark(duplicate, original, {}, stale)).toBeProblem('incident.version-mismatch');
    expect(await read(original)).toMatchObject({ occurrences: 1 });
    const fresh = { 'If-Match': `"${duplicate}-1"` };
    expect((await mark(duplicate, original, {}, fresh)).status).toBe(200);
  });

  it('takes effect once with an idempotency key, and replays its answer', async () => {
    const [original, duplicate] = [await aReport(), await aReport()];
    const headers = { 'Idempotency-Key': `mark-${duplicate}` };
    const answers = await Promise.all([1, 2, 3, 4].map(() => mark(duplicate, original, {}, headers)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.filter(({ headers: h }) => h.get('idempotency-replayed') === 'true')).toHaveLength(3);
    await service.patch(path(duplicate), { description_append: 'later' });
    const replay = await mark(duplicate, original, {}, headers);
    expect(replay.body).toEqual(answers[0]!.body);
    expect(await read(original)).toMatchObject({ occurrences: 2 });
  });

  it('of one incident by several clients counts once, while both incidents change', async () => {
    const [original, duplicate] = [await aReport(), await aReport()];
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => mark(duplicate, original)),
      ...Array.from({ length: 20 }, (_, n) =>
        service.patch(path(n % 2 ? original : duplicate), { description_append: `line ${n}` }),
      ),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(await read(original)).toMatchObject({ occurrences: 2 });
    const marks = (await historyOf(duplicate)).filter(({ type }) => type === 'marked_as_duplicate');
    expect(marks).toHaveLength(1);
  });

  it('needs the permission to change, so a reporter learns nothing by it', async () => {
    const [original, duplicate] = [await aReport(), await aReport()];
    const json = { name: 'shop', role: 'reporter' };
    const { secret } = (await service.request('POST', '/api/v1/keys', { json })).body;
    for (const target of [original, 9_000_000]) {
      const answer = await mark(duplicate, target, {}, { 'X-Access-Key': secret });
      expect(answer).toBeProblem('request.forbidden');
    }
    expect(await read(duplicate)).toMatchObject({ status: 'NEW' });
  });
});

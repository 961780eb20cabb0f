import { type Service, startService } from '../../support/service.js';

describe('concurrent changes of one incident', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const historyOf = async (path: string) => (await service.get(`${path}/events?limit=200`)).body as any[];

  it('append every text once', async () => {
    const path = (await service.report({ description: 'a' })).headers.get('location')!;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => service.patch(path, { description_append: `line ${i}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const { description } = (await service.get(path)).body;
    expect(new Set(description.split('\n'))).toEqual(new Set(['a', ...answers.map((_, i) => `line ${i}`)]));
    expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(50);
    const history = await historyOf(path);
    expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
  });

  it('obey the state machine: one of 50 equal transitions succeeds', async () => {
    const path = (await service.report()).headers.get('location')!;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => service.patch(`${path}/status`, { status: 'IN_PROGRESS' })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
    expect(await historyOf(path)).toHaveLength(2);
  });

  it('leave a history of legal transitions, with one event for each 200', async () => {
    const path = (await service.report()).headers.get('location')!;
    const moves = ['IN_PROGRESS', 'RESOLVED', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        i % 2
          ? service.patch(path, { description_append: `line ${i}` })
          : service.patch(path, { status: moves[i % 5] }),
      ),
    );
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    const history = await historyOf(path);
    expect(history).toHaveLength(1 + answers.filter(({ status }) => status === 200).length);
    const walk = history.filter(({ type }) => type === 'status_changed');
    walk.reduce((status, event) => (expect(event.from).toBe(status), event.to), 'NEW');
    expect((await service.get(path)).body.status).toBe(walk.at(-1)?.to ?? 'NEW');
  });

  it('with the same If-Match succeed once', async () => {
    const reported = await service.report();
    const path = reported.headers.get('location')!;
    const headers = { 'If-Match': reported.headers.get('etag')! };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => service.patch(path, { description_append: `line ${i}` }, headers)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer).toBeProblem('incident.version-mismatch');
    }
  });
});

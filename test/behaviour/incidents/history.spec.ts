import { type Service, startService } from '../../support/service.js';

describe('the history of an incident', () => {
  let service: Service;
  let path: string;

  beforeAll(async () => {
    service = await startService();
    path = (await service.report({ description: 'a' })).headers.get('location')!;
    await service.patch(path, { status: 'IN_PROGRESS' });
    await service.patch(path, { description_append: 'b' });
  });
  afterAll(() => service.stop());

  it('lists the events in order, with their actors', async () => {
    const { body } = await service.get(`${path}/events`);
    const common = {
      at: expect.any(String),
      actor: 'admin',
      access_key: 'admin',
      access_key_id: null,
      channel: 'rest',
    };
    expect(body).toEqual([
      { seq: 1, type: 'reported', text: 'a', ...common },
      { seq: 2, type: 'status_changed', from: 'NEW', to: 'IN_PROGRESS', assignee: 'admin', ...common },
      { seq: 3, type: 'description_appended', text: 'b', ...common },
    ]);
    expect(body.map(({ at }: { at: string }) => at)).toEqual(
      body.map(({ at }: { at: string }) => at).toSorted(),
    );
  });

  it('ends with the event whose seq is the version of the incident, alone and in a list', async () => {
    expect((await service.get(path)).body.version).toBe(3);
    expect((await service.get('/api/v1/incidents')).body).toMatchObject([{ version: 3 }]);
  });

  it('is paginated by the Link header', async () => {
    const first = await service.get(`${path}/events?limit=2`);
    expect(first.body).toHaveLength(2);
    const next = /<([^>]*)>; rel="next"/.exec(first.headers.get('link')!)![1]!;
    const second = await service.get(next);
    expect(second.body.map(({ seq }: { seq: number }) => seq)).toEqual([3]);
    expect(second.headers.has('link')).toBe(false);
    expect((await service.get(`${path}/events?after=3`)).body).toEqual([]);
  });
});

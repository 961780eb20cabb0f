import { type Service, startService } from '../../support/service.js';

describe('similar incidents', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const aReport = async (description: string): Promise<number> =>
    (await service.report({ description })).body.id;
  const similarTo = (id: number | string) => service.get(`/api/v1/incidents/${id}/similar`);

  it('are listed with their similarity and its reason', async () => {
    const [same, other] = [await aReport('Самокат 42 не едет'), await aReport('Самокат 43 не едет')];
    await aReport('Касса не печатает');
    const { status, body } = await similarTo(await aReport('Самокат #42 не едет'));
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { id: same, description: 'Самокат 42 не едет', similarity: 1, matched_by: 'asset_number' },
      { id: other, similarity: expect.closeTo(0.4, 1), matched_by: 'text' },
    ]);
  });

  it('have no duplicates of the incident among them, since these are closed', async () => {
    const [original, duplicate] = [await aReport('Лифт застрял'), await aReport('Лифт застрял')];
    expect((await similarTo(original)).body).toMatchObject([{ id: duplicate }]);
    await service.patch(`/api/v1/incidents/${duplicate}`, { duplicate_of: original });
    expect((await similarTo(original)).body).toEqual([]);
    expect((await similarTo(duplicate)).body).toMatchObject([{ id: original }]);
  });

  it('of an unknown incident are not found', async () => {
    for (const id of [987_654, '9'.repeat(30)]) {
      expect(await similarTo(id)).toMatchObject({ status: 404, body: { code: 'incident.not-found' } });
    }
  });
});

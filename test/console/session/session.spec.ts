import type { ApiClient } from '../../../console/src/api/api-client.js';
import { ApiProblem, NetworkError } from '../../../console/src/api/problems.js';
import { type Principal, Session } from '../../../console/src/session/session.js';

const PRINCIPAL = { name: 'anna', role: 'operator', permissions: ['read'] } as unknown as Principal;

describe('the session of a page', () => {
  let answers: (Principal | Error)[];
  let session: Session;

  beforeEach(() => {
    const api = {
      get: async () => {
        const answer = answers.shift()!;
        if (answer instanceof Error) throw answer;
        return { body: answer };
      },
    } as unknown as ApiClient;
    session = new Session().use(api);
  });

  const problem = (status: number) => new ApiProblem(status, {});

  it.each([
    ['the network is lost', new NetworkError({ cause: new Error('x') })],
    ['the service is unavailable', problem(503)],
    ['too many requests came', problem(429)],
  ])('is unavailable while %s, until it is asked for again', async (_, failure) => {
    answers = [failure, PRINCIPAL];
    await session.load();
    expect(session.state.value).toEqual({ state: 'unavailable', failure });
    expect(session.may('read')).toBe(false);
    await session.load();
    expect(session.state.value).toEqual({ state: 'signed-in', principal: PRINCIPAL });
    expect(session.may('read')).toBe(true);
  });

  it('says whether there was one before it ended', async () => {
    answers = [problem(401), PRINCIPAL, problem(401)];
    await session.load();
    expect(session.state.value).toEqual({ state: 'signed-out', ended: false });
    await session.load();
    await session.load();
    expect(session.state.value).toEqual({ state: 'signed-out', ended: true });
  });
});

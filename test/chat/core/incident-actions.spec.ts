import { IncidentActions } from '../../../src/chat/core/actions/incident-actions.js';
import type { Incident, IncidentUpdate } from '../../../src/chat/core/api/incident.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { ApiRejection } from '../../../src/chat/core/api/incidents-api-responses.js';
import { en } from '../../../src/chat/core/translations/english.js';

const INCIDENT = { id: 42, status: 'RESOLVED' } as Incident;
const IDENTITY = { key: 'tg:-1:2', actor: 'telegram:7 Anna' };
const illegal = (code: string, current: string) => new ApiRejection(code, 'No.', { current });

describe('an action that somebody performs in a chat', () => {
  let requests: { readonly update: IncidentUpdate; readonly key: string }[];
  let answers: (() => Incident)[];
  let actions: IncidentActions;

  beforeEach(() => {
    requests = [];
    answers = [];
    const api = {
      update: async (_: number, update: IncidentUpdate, { key }: { key: string }) => {
        requests.push({ update, key });
        return answers.shift()!();
      },
      get: async () => INCIDENT,
    } as unknown as IncidentsApi;
    actions = new IncidentActions(api, en);
  });

  it('is sent as one request for the target status, with the note', async () => {
    answers = [() => INCIDENT];
    const result = await actions.perform({ id: 42, action: 'resolve', note: 'new paper' }, IDENTITY);
    expect(result).toEqual({ incident: INCIDENT });
    expect(requests).toEqual([
      {
        update: { status: 'RESOLVED', via: 'shortest', description_append: 'new paper' },
        key: 'tg:-1:2:transition',
      },
    ]);
  });

  it.each(['incident.illegal-transition', 'incident.unexpected-status'])(
    'is answered with the reason after %s, and its note is appended all the same',
    async (code) => {
      const reject = () => {
        throw illegal(code, 'NEW');
      };
      answers = [reject, () => INCIDENT];
      const result = await actions.perform({ id: 42, action: 'reopen', note: 'again' }, IDENTITY);
      expect(result.rejection).toBe(
        'It cannot be reopened: it is new. The text is added to the description.',
      );
      expect(requests[1]).toEqual({ update: { description_append: 'again' }, key: 'tg:-1:2:note' });
      answers = [reject];
      const bare = await actions.perform({ id: 42, action: 'reopen' }, IDENTITY);
      expect(bare).toEqual({
        incident: INCIDENT,
        rejection: 'It cannot be reopened: it is new.',
      });
    },
  );

  it('is sent as one direct transition if it comes from a button', async () => {
    answers = [
      () => {
        throw illegal('incident.unexpected-status', 'RESOLVED');
      },
    ];
    const result = await actions.press(42, 'take', IDENTITY);
    expect(result.rejection).toBe('It cannot be taken: it is resolved.');
    expect(requests).toEqual([{ update: { status: 'IN_PROGRESS', from: 'NEW' }, key: 'tg:-1:2:transition' }]);
  });

  it('fails with any other rejection of the API', async () => {
    const notFound = () => {
      throw new ApiRejection('incident.not-found', 'No.', {});
    };
    answers = [notFound, notFound];
    const wanted = { code: 'incident.not-found' };
    await expect(actions.perform({ id: 42, action: 'take' }, IDENTITY)).rejects.toMatchObject(wanted);
    await expect(actions.press(42, 'take', IDENTITY)).rejects.toMatchObject(wanted);
  });
});

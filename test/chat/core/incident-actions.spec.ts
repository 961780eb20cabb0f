import { IncidentActions } from '../../../src/chat/core/actions/incident-actions.js';
import type { Incident, IncidentUpdate } from '../../../src/chat/core/api/incident.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { ApiRejection } from '../../../src/chat/core/api/incidents-api-responses.js';
import { en } from '../../../src/chat/core/translations/english.js';

const INCIDENT = { id: 42, status: 'RESOLVED' } as Incident;
const UNTAKEN = { id: 42, status: 'IN_PROGRESS', assignee: null } as Incident;
const IDENTITY = { key: 'tg:-1:2', actor: 'telegram:7 Anna' };
const illegal = (code: string, current: string) => new ApiRejection(code, 'No.', { current });

describe('an action that somebody performs in a chat', () => {
  let requests: { readonly update: IncidentUpdate; readonly key: string; readonly ifMatch?: string }[];
  let answers: (() => Incident)[];
  /** What the API says when it is asked for the incident. */
  let versions: Incident[];
  let actions: IncidentActions;
  let reads: number;

  beforeEach(() => {
    requests = [];
    answers = [];
    versions = [];
    reads = 0;
    const api = {
      update: async (_: number, update: IncidentUpdate, { key }: { key: string }, ifMatch?: string) => {
        requests.push({ update, key, ...(ifMatch !== undefined && { ifMatch }) });
        return answers.shift()!();
      },
      getVersion: async () => ({ incident: versions.shift()!, etag: `"42-${++reads}"` }),
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

  describe('of taking an incident that is IN_PROGRESS', () => {
    const inProgress = () => {
      throw illegal('incident.illegal-transition', 'IN_PROGRESS');
    };
    const outdated = () => {
      throw new ApiRejection('incident.version-mismatch', 'No.', { version: 2 });
    };
    const taken = { ...UNTAKEN, assignee: IDENTITY.actor };

    it('assigns it if nobody works on it, and appends the note', async () => {
      answers = [inProgress, () => taken, () => taken];
      versions = [UNTAKEN];
      const result = await actions.perform({ id: 42, action: 'take', note: 'on my way' }, IDENTITY);
      expect(result).toEqual({ incident: taken });
      expect(requests.slice(1)).toEqual([
        { update: { assignee: 'me' }, key: 'tg:-1:2:assign:42-1', ifMatch: '"42-1"' },
        { update: { description_append: 'on my way' }, key: 'tg:-1:2:note' },
      ]);
    });

    it('assigns it by a button as well', async () => {
      answers = [inProgress, () => taken];
      versions = [UNTAKEN];
      expect(await actions.press(42, 'take', IDENTITY)).toEqual({ incident: taken });
    });

    it('is done if it is assigned to who asks: an earlier attempt was lost', async () => {
      answers = [inProgress];
      versions = [taken];
      expect(await actions.press(42, 'take', IDENTITY)).toEqual({ incident: taken });
      expect(requests).toHaveLength(1);
    });

    it('is rejected if somebody works on it, also from this very moment on', async () => {
      const others = { ...UNTAKEN, assignee: 'telegram:8 Boris' };
      const rejection = 'It cannot be taken: Boris works on it.';
      answers = [inProgress];
      versions = [others];
      expect(await actions.press(42, 'take', IDENTITY)).toEqual({ incident: others, rejection });
      answers = [inProgress, outdated];
      versions = [UNTAKEN, others];
      expect(await actions.press(42, 'take', IDENTITY)).toEqual({ incident: others, rejection });
    });

    it('is rejected if it was resolved meanwhile', async () => {
      answers = [inProgress, outdated];
      versions = [UNTAKEN, INCIDENT];
      const { rejection } = await actions.press(42, 'take', IDENTITY);
      expect(rejection).toBe('It cannot be taken: it is resolved.');
    });

    it('is tried again under another key after every other change, up to five times', async () => {
      answers = [inProgress, outdated, outdated, outdated, outdated, outdated];
      versions = [UNTAKEN, UNTAKEN, UNTAKEN, UNTAKEN, UNTAKEN];
      const pressed = actions.press(42, 'take', IDENTITY);
      await expect(pressed).rejects.toMatchObject({ code: 'incident.version-mismatch' });
      expect(new Set(requests.map(({ key }) => key)).size).toBe(6);
    });
  });

  it('of releasing is rejected for a closed incident', async () => {
    answers = [
      () => {
        throw new ApiRejection('incident.closed', 'No.', {});
      },
    ];
    const result = await actions.perform({ id: 42, action: 'release' }, IDENTITY);
    expect(result.rejection).toBe('It cannot be released: it is closed.');
    expect(requests).toEqual([{ update: { assignee: null }, key: 'tg:-1:2:transition' }]);
  });

  it('of marking a duplicate is one request', async () => {
    answers = [() => INCIDENT];
    expect(await actions.markDuplicate({ id: 42, duplicateOf: 17 }, IDENTITY)).toBe(INCIDENT);
    expect(requests).toEqual([{ update: { duplicate_of: 17 }, key: 'tg:-1:2:duplicate' }]);
  });
});

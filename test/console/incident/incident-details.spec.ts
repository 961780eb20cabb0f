import { ApiClient, type Send } from '../../../console/src/api/api-client.js';
import { IncidentDetails } from '../../../console/src/incident/incident-details.js';
import { IncidentStore } from '../../../console/src/incidents/incident-store.js';
import { anEvent, anIncident } from '../incidents/an-incident.js';

describe('the details of an incident', () => {
  /** The types of its events, as the service has them. */
  let types: ('reported' | 'attached')[];
  let hasMore: boolean;
  let urls: string[];
  /** Runs before the service answers a request. */
  let before: (url: string) => void;
  let store: IncidentStore;
  let details: IncidentDetails;

  const event = (seq: number) => anEvent({ incident_id: 1, seq, type: types[seq - 1]! });
  const send: Send = async (url) => {
    urls.push(url);
    before(url);
    if (url.includes('/events')) {
      const after = Number(/after=(\d+)/.exec(url)![1]);
      const events = types.map((_, n) => event(n + 1)).slice(after);
      return Response.json(events, { headers: hasMore ? { Link: '</next>; rel="next"' } : {} });
    }
    if (url.includes('/attachments')) {
      const attached = types.filter((type) => type === 'attached');
      return Response.json(attached.map((_, n) => ({ number: n + 1, name: `${n + 1}.png` })));
    }
    if (url.endsWith('/incidents/1')) return Response.json(anIncident({ id: 1, version: types.length }));
    return Response.json([]);
  };
  const loads = () => urls.filter((url) => url.endsWith('/attachments')).length;
  /** A file is attached, and its event arrives. */
  const attach = () => {
    types.push('attached');
    store.apply([event(types.length)]);
  };

  beforeEach(() => {
    types = ['reported'];
    hasMore = false;
    urls = [];
    before = () => undefined;
    const api = new ApiClient(send);
    store = new IncidentStore(api, {
      me: () => 'Anna',
      now: () => new Date(),
      newKey: () => 'key',
      pause: () => new Promise(() => {}),
    });
    store.keep(1);
    details = new IncidentDetails(1, api, store);
  });

  it('ask for no attachments if the history has none', async () => {
    await details.load();
    expect(details.state.value).toEqual({ state: 'ready' });
    expect([loads(), details.attachments.value]).toEqual([0, []]);
  });

  it('have the attachments of the history, and those that are attached later', async () => {
    types.push('attached');
    await details.load();
    expect(details.attachments.value.map(({ number }) => number)).toEqual([1]);
    attach();
    await details.update();
    expect(details.attachments.value.map(({ number }) => number)).toEqual([1, 2]);
    expect(loads()).toBe(2);
  });

  it('ask for attachments if a part of the history is not loaded', async () => {
    hasMore = true;
    await details.load();
    expect(loads()).toBe(1);
  });

  it('catch up with what changes while they catch up', async () => {
    await details.load();
    attach();
    let isFirst = true;
    before = (url) => {
      // The second file is committed after the history was read.
      if (!url.endsWith('/attachments') || !isFirst) return;
      isFirst = false;
      attach();
    };
    await details.update();
    expect(details.history.value.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(details.attachments.value).toHaveLength(2);
  });

  it('show the rest if the attachments cannot be loaded, and load them again', async () => {
    types.push('attached');
    before = (url) => {
      if (url.endsWith('/attachments')) throw new TypeError('Failed to fetch');
    };
    await details.load();
    expect(details.state.value).toEqual({ state: 'ready' });
    expect(details.attachmentsFailure.value).toBeDefined();
    before = () => undefined;
    await details.loadAttachments();
    expect(details.attachmentsFailure.value).toBeUndefined();
    expect(details.attachments.value).toHaveLength(1);
  });
});

import type { Incident, SimilarIncident } from '../../../src/chat/core/api/incident.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { TransientApiError } from '../../../src/chat/core/api/incidents-api-responses.js';
import type { OutgoingMessage } from '../../../src/chat/core/messages/outgoing-message.js';
import { en } from '../../../src/chat/core/translations/english.js';
import type { UpdatableMessage } from '../../../src/chat/telegram/replies/replies.js';
import { SimilarOffers } from '../../../src/chat/telegram/replies/similar-offers.js';
import { anApiIncident } from '../../support/api-incident.js';
import { until } from '../../support/until.js';

const incident = (id: number): Incident => anApiIncident({ id, description: `Till ${id}` });

describe('the offer to mark a report as a duplicate', () => {
  let edits: { readonly message: number; readonly text: string; readonly buttons: readonly string[] }[];
  let lookups: PromiseWithResolvers<readonly SimilarIncident[]>[];
  let offers: SimilarOffers;
  const answer = (lookup: number, similarity: number) =>
    lookups[lookup]!.resolve([{ ...incident(17), similarity }]);

  const message = (id: number): UpdatableMessage => ({
    id,
    update: ({ text, buttons = [] }: OutgoingMessage) =>
      edits.push({ message: id, text, buttons: buttons.map(({ data }) => data) }),
  });

  beforeEach(() => {
    edits = [];
    lookups = [];
    const api = {
      similarOnce: () => {
        const lookup = Promise.withResolvers<readonly SimilarIncident[]>();
        lookups.push(lookup);
        return lookup.promise;
      },
    } as unknown as IncidentsApi;
    offers = new SimilarOffers(api, en);
  });

  it('is added to the reply, with what the other incident is', async () => {
    offers.offer(incident(42), message(3));
    answer(0, 0.65);
    await until(() => edits.length > 0);
    expect(edits).toEqual([
      {
        message: 3,
        text: '#42 · NEW — new\nSimilar: #17 NEW Till 17',
        buttons: ['take:42', 'duplicate:42:17'],
      },
    ]);
  });

  it('is not made for a weak similarity, for none, and without an answer; the next one is', async () => {
    for (const id of [1, 2, 3, 4]) offers.offer(incident(id), message(id));
    answer(0, 0.64);
    await until(() => lookups.length === 2);
    lookups[1]!.resolve([]);
    await until(() => lookups.length === 3);
    lookups[2]!.reject(new TransientApiError('503', false));
    await until(() => lookups.length === 4);
    answer(3, 1);
    await until(() => edits.length > 0);
    expect(edits.map((edit) => edit.message)).toEqual([4]);
  });

  it('is not made once the message shows something else', async () => {
    offers.offer(incident(42), message(3));
    offers.offer(incident(43), message(4));
    offers.offer(incident(44), message(5));
    offers.cancel(42);
    offers.cancel(44);
    answer(0, 1);
    await until(() => lookups.length === 2);
    answer(1, 1);
    await until(() => edits.length > 0);
    expect(edits.map((edit) => edit.message)).toEqual([4]);
    expect(lookups).toHaveLength(2);
  });

  it('takes one request at a time, and at most a hundred wait', async () => {
    for (let id = 1; id <= 200; id++) offers.offer(incident(id), message(id));
    for (let done = 0; done < 101; done++) {
      await until(() => lookups.length > done);
      expect(lookups).toHaveLength(done + 1);
      answer(done, 1);
    }
    await until(() => edits.length === 101);
    expect(lookups).toHaveLength(101);
  });

  it('is not made for an incident that somebody has taken', () => {
    offers.offer({ ...incident(42), status: 'IN_PROGRESS' }, message(3));
    expect(lookups).toEqual([]);
  });
});

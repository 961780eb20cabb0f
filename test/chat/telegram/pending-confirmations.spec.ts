import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/bot-metrics.js';
import { PendingConfirmations } from '../../../src/chat/telegram/replies/pending-confirmations.js';
import type { Incident } from '../../../src/chat/core/api/incident.js';
import { en } from '../../../src/chat/core/translations/english.js';
import { TransientApiError } from '../../../src/chat/core/api/incidents-api-responses.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import type { Place, Replies, OutgoingMessage } from '../../../src/chat/telegram/replies/replies.js';
import { until } from '../../support/until.js';

const INCIDENT: Incident = {
  id: 5,
  description: 'a',
  status: 'NEW',
  source: 'operator',
  created_at: '2026-11-20T10:00:00.123Z',
};
const KEY = 'tg:-1:2';

describe('a reply that said "accepted"', () => {
  let stop: AbortController;
  let running: Promise<void>;
  let metrics: BotMetrics;
  let look: () => Incident | undefined;
  let looks: number;
  let edits: { readonly message: number; readonly text: string; readonly buttons: unknown }[];
  let notices: { readonly query: string; readonly text: string | undefined }[];

  const press = (id: string) => ({ id, from: { id: 8, is_bot: false, first_name: 'Анна' } });
  const place = (message_id: number): Place => ({ message_id, chat: { id: -1 } });
  const counted = async () => (await metrics.incidentsCreated.get()).values[0]!.value;
  const start = (patience?: number) => {
    const register = {
      lookFor: async () => {
        looks++;
        return look();
      },
    } as unknown as IncidentsApi;
    const replies = {
      edit: ({ message_id: message }: Place, { text, buttons }: OutgoingMessage) =>
        edits.push({ message, text, buttons: buttons?.inline_keyboard.flat() }),
      notice: ({ id: query }: { id: string }, text?: string) => notices.push({ query, text }),
    } as unknown as Replies;
    const followUps = new PendingConfirmations(register, replies, en, metrics, stop.signal, patience);
    running = followUps.run();
    return followUps;
  };

  beforeEach(() => {
    stop = new AbortController();
    metrics = new BotMetrics(new Registry(), new BotHealth());
    look = () => undefined;
    looks = 0;
    edits = [];
    notices = [];
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  it('says the number wherever it was said, and counts the incident once', async () => {
    const followUps = start();
    followUps.add(KEY, place(3));
    followUps.add(KEY, place(4));
    await until(() => looks > 1);
    expect(edits).toEqual([]);
    look = () => INCIDENT;
    await until(() => edits.length > 0);
    expect(edits.map(({ message, text }) => [message, text])).toEqual([
      [3, '#5 · NEW — new'],
      [4, '#5 · NEW — new'],
    ]);
    expect(await counted()).toBe(1);
  });

  it('is looked for at once where someone presses its button, who hears when there is none yet', async () => {
    const followUps = start();
    followUps.add(KEY, place(3), press('first press'));
    await until(() => notices.length === 1);
    look = () => {
      throw new TransientApiError('503', false);
    };
    followUps.add(KEY, place(3), press('second press'));
    await until(() => notices.length === 2);
    look = () => INCIDENT;
    followUps.add(KEY, place(3), press('third press'));
    await until(() => notices.length === 3);
    expect(notices).toEqual([
      { query: 'first press', text: 'There is no number yet.' },
      { query: 'second press', text: 'There is no number yet.' },
      { query: 'third press', text: undefined },
    ]);
    expect(edits).toHaveLength(1);
  });

  it('says in the end that the report was not taken in, and keeps its button', async () => {
    start(-1).add(KEY, place(3));
    await until(() => edits.length > 0);
    expect(edits).toEqual([
      {
        message: 3,
        text: en.notTakenIn,
        buttons: [{ text: 'Number', callback_data: `number:${KEY}` }],
      },
    ]);
    expect(await counted()).toBe(0);
  });
});

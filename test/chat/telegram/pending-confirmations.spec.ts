import type { Message } from 'grammy/types';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { PendingConfirmations } from '../../../src/chat/telegram/replies/pending-confirmations.js';
import type { Incident } from '../../../src/chat/core/api/incident.js';
import { en } from '../../../src/chat/core/translations/english.js';
import { TransientApiError } from '../../../src/chat/core/api/incidents-api-responses.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import type { OutgoingMessage } from '../../../src/chat/core/messages/outgoing-message.js';
import type { UpdatableMessage } from '../../../src/chat/telegram/replies/replies.js';
import { Replies } from '../../../src/chat/telegram/replies/replies.js';
import { ServedChats } from '../../../src/chat/telegram/served-chats.js';
import { KafkaReportTransport } from '../../../src/chat/telegram/updates/report-transport.js';
import type { BotConfig } from '../../../src/chat/telegram/bot-config.js';
import type { KafkaPublisher } from '../../../src/chat/core/api/kafka-publisher.js';
import type { TelegramApi } from '../../../src/chat/telegram/telegram-api.js';
import type { SimilarOffers } from '../../../src/chat/telegram/replies/similar-offers.js';
import { anApiIncident } from '../../support/api-incident.js';
import { until } from '../../support/until.js';
import { VirtualMonotonicClock } from '../../support/virtual-monotonic-clock.js';

const INCIDENT = anApiIncident({ id: 5, description: 'a' });
const KEY = 'tg:-1:2';

describe('a report that was accepted by Kafka', () => {
  let stop: AbortController;
  let running: Promise<void>;
  let metrics: BotMetrics;
  let findOnce: () => Incident | undefined;
  let lookups: number;
  let edits: { readonly message: number; readonly text: string; readonly buttons: unknown }[];
  let offered: { readonly id: number; readonly message: number }[];
  let notices: { readonly query: string; readonly text: string | undefined }[];

  const press = (id: string) => ({ id, from: { id: 8, is_bot: false, first_name: 'Анна' } });
  const sentAs = (message: number): UpdatableMessage => ({
    id: message,
    update: ({ text, buttons }: OutgoingMessage) => edits.push({ message, text, buttons }),
  });
  const counted = async () => (await metrics.incidentsCreated.get()).values[0]!.value;
  const start = (maxAgeMs?: number) => {
    const api = {
      findOnce: async () => {
        lookups++;
        return findOnce();
      },
    } as unknown as IncidentsApi;
    const replies = {
      notify: ({ id: query }: { id: string }, text?: string) => notices.push({ query, text }),
    } as unknown as Replies;
    const offers = {
      offer: ({ id }: Incident, { id: message }: UpdatableMessage) => offered.push({ id, message: message! }),
    } as unknown as SimilarOffers;
    const confirmations = new PendingConfirmations(api, replies, offers, en, metrics, stop.signal);
    running = confirmations.run(maxAgeMs);
    return confirmations;
  };

  beforeEach(() => {
    stop = new AbortController();
    metrics = new BotMetrics(new Registry(), new BotHealth());
    findOnce = () => undefined;
    lookups = 0;
    edits = [];
    notices = [];
    offered = [];
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  it('shows its number in each of its replies, and similar incidents below the last one, and is counted once', async () => {
    const confirmations = start();
    confirmations.add(KEY, sentAs(3));
    confirmations.add(KEY, sentAs(4));
    await until(() => lookups > 1);
    expect(edits).toEqual([]);
    findOnce = () => INCIDENT;
    await until(() => edits.length > 0);
    expect(edits.map(({ message, text }) => [message, text])).toEqual([
      [3, '#5 · NEW — new'],
      [4, '#5 · NEW — new'],
    ]);
    expect(offered).toEqual([{ id: 5, message: 4 }]);
    expect(await counted()).toBe(1);
  });

  it('is looked up at once when somebody presses its button, and they are notified if there is no number yet', async () => {
    const confirmations = start();
    confirmations.add(KEY, sentAs(3), press('first press'));
    await until(() => notices.length === 1);
    findOnce = () => {
      throw new TransientApiError('503', false);
    };
    confirmations.add(KEY, sentAs(3), press('second press'));
    await until(() => notices.length === 2);
    findOnce = () => INCIDENT;
    confirmations.add(KEY, sentAs(3), press('third press'));
    await until(() => notices.length === 3);
    expect(notices).toEqual([
      { query: 'first press', text: 'There is no number yet.' },
      { query: 'second press', text: 'There is no number yet.' },
      { query: 'third press', text: undefined },
    ]);
    expect(edits).toHaveLength(1);
  });

  it('is shown as overdue after the maximum time, and keeps its button', async () => {
    start(-1).add(KEY, sentAs(3));
    await until(() => edits.length > 0);
    expect(edits).toEqual([
      {
        message: 3,
        text: en.numberOverdue,
        buttons: [{ label: 'Number', data: `number:${KEY}` }],
      },
    ]);
    expect(await counted()).toBe(0);
  });

  it('shows its number in few messages in a storm: an "accepted" that still waits is not sent', async () => {
    const clock = new VirtualMonotonicClock();
    const sent: string[] = [];
    const edited: string[] = [];
    const telegram = {
      sendMessage: async (chat: number, text: string) => {
        sent.push(text);
        return { message_id: 1_000 + sent.length, chat: { id: chat } };
      },
      editMessageText: async (_chat: number, _message: number, text: string) => edited.push(text),
    } as unknown as TelegramApi;
    const config = { chats: [-1], TELEGRAM_MESSAGES_PER_MINUTE: 20 } as unknown as BotConfig;
    const chats = new ServedChats(config, new BotHealth());
    const replies = new Replies(telegram, config, chats, metrics, clock, stop.signal);
    let found = 0;
    const api = {
      findOnce: async (key: string) => {
        found++;
        return { ...INCIDENT, id: Number(key.split(':')[2]) };
      },
    } as unknown as IncidentsApi;
    const publisher = { publish: async () => {} } as unknown as KafkaPublisher;
    const confirmations = new PendingConfirmations(
      api,
      replies,
      { offer: () => {} } as unknown as SimilarOffers,
      en,
      metrics,
      stop.signal,
    );
    const transport = new KafkaReportTransport(publisher, api, confirmations, en, stop.signal);

    for (let n = 1; n <= 100; n++) {
      const identity = { key: `tg:-1:${n}`, actor: 'telegram:7 Anna' };
      const { reply } = await transport.send({ description: 'Scooter', source: 'operator' }, identity);
      replies.reply({ message_id: n, chat: { id: -1 } } as Message, reply);
      if (n <= 8) await clock.advance(0);
    }
    expect(sent).toEqual(Array(8).fill(en.accepted));
    running = confirmations.run();
    await until(() => found === 100);
    await clock.advance(60_000);
    expect(sent.slice(8).join('\n')).toMatch(/^#9 NEW a\n(#\d+ NEW a\n)+#100 NEW a$/);
    expect(sent).toHaveLength(9);
    expect(edited).toEqual(Array.from({ length: 8 }, (_, n) => `#${n + 1} · NEW — new`));
    expect(await counted()).toBe(100);
  });
});

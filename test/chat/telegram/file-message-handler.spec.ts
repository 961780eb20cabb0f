import type { Message } from 'grammy/types';
import { Registry } from 'prom-client';
import { RecentMessages } from '../../../src/chat/core/actions/recent-messages.js';
import type { Report } from '../../../src/chat/core/api/incident.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { type RequestIdentity, RetriesExhausted } from '../../../src/chat/core/api/incidents-api-client.js';
import { ApiFailure, ApiRejection } from '../../../src/chat/core/api/incidents-api-responses.js';
import type { IntentReplies } from '../../../src/chat/core/intents/intents.js';
import { parseMessage } from '../../../src/chat/core/intents/message-parser.js';
import { en } from '../../../src/chat/core/translations/english.js';
import type { BotIdentity } from '../../../src/chat/telegram/bot-identity.js';
import { contentOf } from '../../../src/chat/telegram/content/message-content.js';
import { filesOf } from '../../../src/chat/telegram/content/message-files.js';
import { MessageInterpreter } from '../../../src/chat/telegram/content/message-interpreter.js';
import { keyOf, reportKeyOf } from '../../../src/chat/telegram/content/message-keys.js';
import { FileAttacher } from '../../../src/chat/telegram/files/file-attacher.js';
import { FileUnavailable } from '../../../src/chat/telegram/files/file-download.js';
import type { TelegramFiles } from '../../../src/chat/telegram/files/telegram-files.js';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import type { ServedChats } from '../../../src/chat/telegram/served-chats.js';
import { FileMessageHandler } from '../../../src/chat/telegram/updates/file-message-handler.js';
import { MessageReports } from '../../../src/chat/telegram/updates/message-reports.js';
import type {
  ApiReportTransport,
  ReportTransport,
} from '../../../src/chat/telegram/updates/report-transport.js';
import { incidentMessage } from '../../../src/chat/core/messages/incident-text.js';
import { anApiIncident } from '../../support/api-incident.js';

const ACTOR = 'telegram:7 Anna';
const NOBODY: RequestIdentity = { key: '', actor: '' };
/** An incident that takes no text. */
const CLOSED = 43;
const REMARK = 'The file “photo.jpg” is not stored:';

interface MessageParts {
  readonly caption?: string | undefined;
  readonly media_group_id?: string;
  /** The incident of the message that it replies to. */
  readonly repliedToId?: number;
}

describe('a message with a file', () => {
  /** What the API has, as one line for each request. */
  let committed: string[];
  let reports: Map<string, { readonly id: number; readonly body: string }>;
  let attachFailure: unknown;
  let recentMessages: RecentMessages;
  let metrics: BotMetrics;

  const api = {
    attach: async (id: number, _: unknown, { key }: RequestIdentity) => {
      if (attachFailure) throw attachFailure;
      committed.push(`${id} has ${key}`);
    },
    update: async (id: number, { description_append: text }: Record<string, string>) => {
      committed.push(`${id} says ${text}`);
      return anApiIncident({ id });
    },
    get: async (id: number) => anApiIncident({ id }),
    findByKey: async (key: string) => {
      const report = reports.get(key);
      return report && anApiIncident({ id: report.id });
    },
  } as unknown as IncidentsApi;
  /** As the API: a key is used once, and a replay has the same effect. */
  const transport = {
    send: async (report: Report, { key }: RequestIdentity) => {
      const body = JSON.stringify(report);
      const earlier = reports.get(key);
      if (earlier && earlier.body !== body) throw new ApiRejection('idempotency.key-reused', 'No.', {});
      const id = earlier?.id ?? reports.size + 1;
      if (!earlier) committed.push(`${id} is ${report.description}`);
      reports.set(key, { id, body });
      return { reply: { text: `#${id}`, onQueued: () => undefined }, incidentId: id };
    },
  } as unknown as ApiReportTransport;
  const telegram = { download: () => ({}) } as unknown as TelegramFiles;
  const intents = {
    replyTo: async (intent: { kind: string; id: number; text?: string }) => {
      if (intent.id === 404) throw new ApiRejection('incident.not-found', 'No.', {});
      if (intent.id === CLOSED) throw new ApiRejection('incident.closed', 'No.', {});
      const { id, kind, text } = intent;
      if (kind === 'append')
        return incidentMessage(await api.update(id, { description_append: text! }, NOBODY), en, en.appended);
      committed.push(`${id} ${kind}`);
      return { text: `#${id} ${kind}` };
    },
  } as unknown as IntentReplies;

  /** Handles a message as the bot does. */
  const handle = async (message_id: number, { repliedToId, ...parts }: MessageParts = {}) => {
    const photo = [{ file_id: 'a', file_unique_id: `p${message_id}`, width: 1, height: 1 }];
    const message = { message_id, chat: { id: -1 }, date: 1, photo, ...parts } as unknown as Message;
    const content = contentOf(message, en, 'IncidentsBot')!;
    recentMessages.markReport(reportKeyOf(message), false);
    const chats = { currentId: (id: number) => id } as ServedChats;
    const messageReports = new MessageReports(
      api,
      intents,
      {} as ReportTransport,
      transport,
      recentMessages,
      chats,
      en,
    );
    const attacher = new FileAttacher(api, telegram, en, metrics);
    const handler = new FileMessageHandler(api, intents, messageReports, attacher, recentMessages, chats, en);
    const parsed = parseMessage({ content, repliedToId }, 'IncidentsBot');
    const identity = { key: keyOf(message), actor: ACTOR };
    return handler.carryOut(parsed, message, { content, files: filesOf(message), identity });
  };
  const restart = () => {
    recentMessages = new RecentMessages();
  };

  beforeEach(() => {
    committed = [];
    reports = new Map();
    attachFailure = undefined;
    metrics = new BotMetrics(new Registry(), new BotHealth());
    restart();
  });

  it('is a report with its caption, and the file is attached to it', async () => {
    const reply = await handle(5, { caption: 'Wheel' });
    expect(reply).toMatchObject({ text: '#1', onQueued: expect.any(Function) });
    expect(committed).toEqual(['1 is Wheel', '1 has tg:-1:5:file:p5']);
  });

  it('without a caption is a report that asks for a description, and offers nothing that is similar', async () => {
    expect(await handle(5)).toEqual({ text: `#1\n${en.files.describe}` });
    // Nothing but the name of the bot, or a tag.
    expect((await handle(6, { caption: '@IncidentsBot' }))!.text).toContain(en.files.describe);
    expect((await handle(7, { caption: '[monitoring]' }))!.text).toContain(en.files.describe);
    const said = committed.filter((line) => line.includes(' is '));
    expect(said).toEqual([1, 2, 3].map((id) => `${id} is Photo without caption`));
  });

  it.each<[string, MessageParts, readonly string[]]>([
    ['that it replies to', { repliedToId: 42 }, []],
    ['that it replies to with a text', { repliedToId: 42, caption: 'here' }, ['42 says here']],
    ['that it takes', { caption: '#42 taken' }, ['42 transition']],
    ['that it names', { caption: '#42' }, ['42 show']],
    ['of a command', { caption: '/urgent 42' }, ['42 urgent']],
  ])('is attached to the incident %s', async (_, parts, texts) => {
    const reply = await handle(5, parts);
    expect(committed).toEqual([...texts, '42 has tg:-1:5:file:p5']);
    expect(reply!.text).toContain(texts.length === 0 ? en.files.attached : '#42');
  });

  it('is a report if there is no incident of the number in its caption, or no number in its command', async () => {
    await handle(5, { caption: '#404 is in the park' });
    await handle(6, { caption: '/list' });
    expect(committed).toEqual([
      '1 is #404 is in the park',
      '1 has tg:-1:5:file:p5',
      '2 is /list',
      '2 has tg:-1:6:file:p6',
    ]);
    expect(await handle(7, { caption: '/start@other_bot' })).toBeUndefined();
    expect(committed).toHaveLength(4);
  });

  it('is attached to an incident that takes no text', async () => {
    const reply = await handle(5, { repliedToId: CLOSED, caption: 'here' });
    expect(reply).toEqual({ text: `${en.rejected.closed(CLOSED)}\n${en.files.attached}` });
    expect(committed).toEqual([`${CLOSED} has tg:-1:5:file:p5`]);
    attachFailure = new FileUnavailable('too_large', 'file is too big');
    const rejected = await handle(6, { repliedToId: CLOSED, caption: 'here' });
    expect(rejected!.text).toBe(`${en.rejected.closed(CLOSED)}\n${REMARK} ${en.files.reasons.too_large}.`);
  });

  it('has the same effect when it is handled again', async () => {
    await handle(5, { caption: 'Wheel' });
    restart();
    await handle(5, { caption: 'Wheel' });
    await handle(5, { caption: 'Wheel' });
    expect(new Set(committed)).toEqual(new Set(['1 is Wheel', '1 has tg:-1:5:file:p5']));
  });

  describe('in an album', () => {
    const media_group_id = '13';
    const three = (captions: readonly (string | undefined)[], more: MessageParts = {}) =>
      captions.map((caption, n) => [n + 1, { ...more, media_group_id, caption }] as const);
    const files = (id: number) => [1, 2, 3].map((n) => `${id} has tg:-1:${n}:file:p${n}`);

    it.each([
      ['with one process', false],
      ['with a restart before each', true],
    ])('is a part of one report, %s', async (_, isRestarted) => {
      const replies = [];
      for (const [n, parts] of three(['Window', undefined, 'and the frame'])) {
        if (isRestarted) restart();
        replies.push((await handle(n, parts))?.text);
      }
      expect(committed.filter((line) => !line.includes(' has '))).toEqual([
        '1 is Window',
        '1 says and the frame',
      ]);
      expect(committed.filter((line) => line.includes(' has '))).toEqual(files(1));
      expect(replies).toEqual(['#1', undefined, expect.stringContaining(en.appended)]);
    });

    it('is handled again in any order without another effect', async () => {
      const album = three(['Window', undefined, 'and the frame']);
      for (const [n, parts] of album) await handle(n, parts);
      const before = new Set(committed);
      for (const [n, parts] of [...album.toReversed(), ...album]) await handle(n, parts);
      restart();
      for (const [n, parts] of album.toReversed()) await handle(n, parts);
      expect(new Set(committed)).toEqual(before);
    });

    it('asks for a description once', async () => {
      const replies = [];
      for (const [n, parts] of three([undefined, undefined, undefined])) replies.push(await handle(n, parts));
      expect(replies).toEqual([{ text: `#1\n${en.files.describe}` }, undefined, undefined]);
    });

    it('is attached to the incident that the album replies to, and answered once', async () => {
      const replies = [];
      for (const [n, parts] of three([undefined, undefined, undefined], { repliedToId: 42 })) {
        replies.push((await handle(n, parts))?.text);
      }
      expect(committed).toEqual(files(42));
      expect(replies).toEqual([expect.stringContaining(en.files.attached), undefined, undefined]);
    });

    it('is attached to the incident that the caption of the first names', async () => {
      for (const [n, parts] of three(['#42 the receipts', undefined, 'the last one'])) await handle(n, parts);
      expect(committed.filter((line) => line.includes(' has '))).toEqual(files(42));
      expect(committed.filter((line) => !line.includes(' has '))).toEqual([
        '42 says the receipts',
        '42 says the last one',
      ]);
    });
  });

  it.each<[string, unknown, keyof typeof en.files.reasons]>([
    ['Telegram', new FileUnavailable('too_large', 'file is too big'), 'too_large'],
    ['Telegram, as gone', new FileUnavailable('unavailable', '404'), 'unavailable'],
    ['the API (413)', new ApiRejection('attachment.file-too-large', '', {}), 'too_large'],
    ['a proxy', new ApiRejection('request.body-too-large', '', {}), 'proxy_limit'],
    ['the API (415)', new ApiRejection('attachment.unreadable-image', '', {}), 'unreadable'],
    ['the API (409)', new ApiRejection('attachment.limit-reached', '', {}), 'too_many'],
    ['the API (429)', new ApiRejection('attachment.daily-limit-reached', '', {}), 'daily_limit'],
    [
      'the API, which fails on it',
      new RetriesExhausted({ method: 'POST', path: '' }, new ApiFailure('500', false)),
      'failed',
    ],
  ])('is reported in words if the file is rejected by %s', async (_, failure, reason) => {
    attachFailure = failure;
    const remark = `${REMARK} ${en.files.reasons[reason]}.`;
    expect(await handle(5, { caption: 'Wheel' })).toEqual({ text: `#1\n${remark}` });
    expect(committed).toEqual(['1 is Wheel', `1 says ${remark}`]);
    expect((await handle(6, { repliedToId: 42 }))!.text).toContain(remark);
    expect((await metrics.files.get()).values).toMatchObject([{ labels: { outcome: reason }, value: 2 }]);
  });

  it('needs the API, also where reports go to Kafka', () => {
    const bot = { user: { id: 666, username: 'IncidentsBot' } } as unknown as BotIdentity;
    const interpreter = new MessageInterpreter(api, recentMessages, bot, en);
    const message = (parts: object) =>
      ({ message_id: 5, chat: { id: -1 }, date: 1, ...parts }) as unknown as Message;
    const voice = { file_id: 'a', file_unique_id: 'a', duration: 1 };
    expect(interpreter.needsApi(message({ voice }))).toBe(true);
    expect(interpreter.needsApi(message({ text: 'Till 3' }))).toBe(false);
  });

  it('fails with any other failure, such as that there is no such incident', async () => {
    attachFailure = new ApiRejection('incident.not-found', 'No.', {});
    await expect(handle(5, { repliedToId: 42 })).rejects.toBe(attachFailure);
  });
});

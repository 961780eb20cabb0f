import type {
  ChatEvent,
  ChatEventPage,
  ChatFeed,
  ChatProgress,
} from '../../../../src/chat/core/api/chat-feed.js';
import type { Incident } from '../../../../src/chat/core/api/incident.js';
import type { IncidentsApi } from '../../../../src/chat/core/api/incidents-api.js';
import { ApiRejection } from '../../../../src/chat/core/api/incidents-api-responses.js';
import type { OutgoingMessage } from '../../../../src/chat/core/messages/outgoing-message.js';
import { ChatNotices } from '../../../../src/chat/core/notices/chat-notices.js';
import type { Digests } from '../../../../src/chat/core/notices/digests.js';
import { Messenger, type ServedChat } from '../../../../src/chat/core/notices/messenger.js';
import { en } from '../../../../src/chat/core/translations/english.js';
import { ShutdownError } from '../../../../src/shared/shutdown-error.js';
import { anApiIncident } from '../../../support/api-incident.js';

const CHAT = 'tg:-1';

const anEvent = (position: number, more: Partial<ChatEvent> = {}) =>
  ({
    position: `1.${position}`,
    incident_id: position,
    type: 'status_changed',
    from: 'NEW',
    to: 'IN_PROGRESS',
    status: 'IN_PROGRESS',
    at: new Date().toISOString(),
    actor: 'Anna',
    origin: `${CHAT}:${position}`,
    duplicate_chats: [],
    ...more,
  }) as ChatEvent;

const anIncident = (id: number, more: Partial<Incident> = {}) =>
  anApiIncident({
    id,
    description: `Scooter ${id}`,
    status: 'IN_PROGRESS',
    assignee: 'Anna',
    origin: `${CHAT}:${id}`,
    ...more,
  });

class TestMessenger extends Messenger {
  readonly posts: { readonly chat: string; readonly text: string; readonly origin: string | undefined }[] =
    [];
  /** Receives the number of messages, after each. */
  onPost: (count: number) => void = () => {};

  override chats(): readonly ServedChat[] {
    return [{ id: CHAT, ids: [CHAT, 'tg:-2'] }];
  }

  override async post(chat: string, { text }: OutgoingMessage, origin?: string): Promise<boolean> {
    this.posts.push({ chat, text, origin });
    this.onPost(this.posts.length);
    return true;
  }
}

describe('the notices of a chat', () => {
  let messenger: TestMessenger;
  let pages: (ChatEventPage | Error)[];
  let reads: { readonly chats: readonly string[]; readonly after: string }[];
  let stored: Partial<ChatProgress>[];
  let digests: string[];
  let incidents: Map<number, Incident>;
  let duplicates: readonly Incident[];
  let policy: object | undefined;

  const page = (events: readonly ChatEvent[], next: string, has_more = false) => ({ events, next, has_more });

  /** Runs until the pages are read. */
  async function run(): Promise<void> {
    const feed = {
      open: async () => ({ position: '1.0', metadata: null }),
      store: async (_: string, progress: Partial<ChatProgress>) => {
        stored.push(progress);
        return { position: '1.100', metadata: null, ...progress };
      },
      read: async (chats: readonly string[], after: string) => {
        reads.push({ chats, after });
        const next = pages.shift();
        if (next === undefined) throw new ShutdownError();
        if (next instanceof Error) throw next;
        return next;
      },
    } as unknown as ChatFeed;
    const api = {
      get: async (id: number) => incidents.get(id) ?? anIncident(id),
      duplicatesOf: async () => duplicates,
      // A group that has become a supergroup has the policy of its new id.
      policy: async (scope: string) => (scope === 'tg:-2' ? policy : undefined),
    } as unknown as IncidentsApi;
    const daily = {
      sendIfDue: async (_: ServedChat, progress: ChatProgress) => progress,
      send: async ({ id }: ServedChat) => digests.push(id),
    } as unknown as Digests;
    const notices = new ChatNotices(feed, api, messenger, daily, en, new AbortController().signal);
    await expect(notices.run()).rejects.toThrow(ShutdownError);
  }

  beforeEach(() => {
    messenger = new TestMessenger();
    [pages, reads, stored, digests] = [[], [], [], []];
    incidents = new Map();
    duplicates = [];
    policy = undefined;
  });

  it('reply to the reports one by one, and the position is stored after each', async () => {
    pages = [page([anEvent(1), anEvent(2)], '1.9')];
    messenger.onPost = (count) => expect(stored).toHaveLength(count - 1);
    await run();
    expect(messenger.posts.map(({ origin }) => origin)).toEqual(['tg:-1:1', 'tg:-1:2']);
    expect(messenger.posts[0]!.text).toBe('#1 · IN_PROGRESS — in progress\nAnna works on it.');
    expect(stored).toEqual([{ position: '1.1' }, { position: '1.2' }, { position: '1.9' }]);
    expect(reads).toEqual([
      { chats: [CHAT, 'tg:-2'], after: '1.0' },
      { chats: [CHAT, 'tg:-2'], after: '1.9' },
    ]);
  });

  it('are combined where the pages have many', async () => {
    const [first, second] = [
      [anEvent(1), anEvent(2)],
      [anEvent(3), anEvent(4)],
    ];
    pages = [page(first, '1.2', true), page(second, '1.5')];
    await run();
    expect(messenger.posts).toHaveLength(1);
    expect(messenger.posts[0]!.text.split('\n')).toHaveLength(4);
    expect(stored).toEqual([{ position: '1.4' }, { position: '1.5' }]);
  });

  it('are none about reports, and the position is stored all the same', async () => {
    pages = [page([anEvent(1, { type: 'reported' })], '1.1')];
    await run();
    expect(messenger.posts).toEqual([]);
    expect(stored).toEqual([{ position: '1.1' }]);
  });

  it('reach the reporters of duplicates when the original is resolved, all of them before the position is stored', async () => {
    const resolved = { from: 'IN_PROGRESS', to: 'RESOLVED', status: 'RESOLVED' } as const;
    const event = anEvent(17, { ...resolved, origin: null, duplicate_chats: ['tg:-2', 'tg:-9'] });
    duplicates = [
      anIncident(41, { origin: 'tg:-2:5' }),
      anIncident(42, { origin: 'tg:-1:6' }),
      anIncident(43, { origin: 'tg:-9:7' }),
    ];
    pages = [page([event], '1.17')];
    messenger.onPost = () => expect(stored).toEqual([]);
    await run();
    expect(messenger.posts.map(({ text, origin }) => [text.split(' ', 1)[0], origin])).toEqual([
      ['#41', 'tg:-2:5'],
      ['#42', 'tg:-1:6'],
    ]);
  });

  it('of escalations mention who is on duty, and reach the second chat', async () => {
    const escalated = { type: 'escalated', purpose: 'take', status: 'NEW' } as const;
    incidents.set(1, anIncident(1, { status: 'NEW', assignee: null }));
    policy = { on_duty: '@boris', escalate_to: 'tg:-9' };
    pages = [page([anEvent(1, escalated)], '1.1')];
    await run();
    expect(messenger.posts.map(({ chat }) => chat)).toEqual(['tg:-9', CHAT]);
    expect(messenger.posts[0]!.text).toContain('Scooter 1');
    expect(messenger.posts[1]!.text).toContain('@boris');
  });

  it('go on from the present after a restore, with what waits', async () => {
    pages = [new ApiRejection('feed.position-gone', 'Gone.', {})];
    await run();
    expect(digests).toEqual([CHAT]);
    expect(stored).toEqual([{ position: 'latest' }]);
    expect(reads.at(-1)!.after).toBe('latest');
  });

  it('go on after any other failure', async () => {
    pages = [new ApiRejection('request.invalid', 'No.', {}), page([anEvent(1)], '1.1')];
    await run();
    expect(messenger.posts).toHaveLength(1);
  });
});

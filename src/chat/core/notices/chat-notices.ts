import { Injectable, Logger } from '@nestjs/common';
import { retryWithBackoff } from '../../../shared/backoff.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { type ChatEvent, type ChatEventPage, ChatFeed, type ChatProgress } from '../api/chat-feed.js';
import { IncidentsApi } from '../api/incidents-api.js';
import { ApiRejection } from '../api/incidents-api-responses.js';
import { Translations } from '../translations/translations.js';
import { Digests } from './digests.js';
import { Messenger, policyScopeOf, type ServedChat } from './messenger.js';
import { escalationsElsewhere, noticeMessages } from './notice-messages.js';
import { isNotable, type Notice, noticesOf, noticesOfOriginal } from './notices.js';

/** How long a read waits for events. A digest may be late by this. */
const WAIT_SECONDS = 20;

/** How many events are read before the chat is notified: after an outage, or when many incidents wait, in few messages. */
const MAX_EVENTS = 1_000;

const logger = new Logger('ChatNotices');

/**
 * Notifies each chat of what happens to the incidents that were reported in it, and reminds it of those that wait. Progress is
 * stored as a position in the feed, after each message: a message is repeated only if the bot ends between the messenger's response
 * and the API's.
 */
@Injectable()
export class ChatNotices {
  constructor(
    private readonly feed: ChatFeed,
    private readonly api: IncidentsApi,
    private readonly messenger: Messenger,
    private readonly digests: Digests,
    private readonly translations: Translations,
    private readonly stop: AbortSignal,
  ) {}

  /** Runs until the bot is stopped. @throws ShutdownError */
  async run(): Promise<void> {
    await Promise.all(this.messenger.chats().map(({ id }) => this.follow(id)));
  }

  /** A chat that cannot be served delays no other. */
  private async follow(id: string): Promise<never> {
    return retryWithBackoff(() => this.notifyOfAll(id), {
      stop: this.stop,
      onFailure: (error) => {
        if (error instanceof ShutdownError) throw error;
        logger.error(`chat ${id} is not notified (${(error as Error).message}); retrying`);
      },
    });
  }

  /** Notifies the chat of all events from the stored position on. */
  private async notifyOfAll(id: string): Promise<never> {
    let progress = await this.feed.open(id);
    for (;;) {
      const chat = this.messenger.chats().find((each) => each.id === id)!;
      progress = await this.notifyOfNextOrRestart(chat, progress);
      progress = await this.digests.sendIfDue(chat, progress);
    }
  }

  private async notifyOfNextOrRestart(chat: ServedChat, progress: ChatProgress): Promise<ChatProgress> {
    try {
      return { ...progress, position: await this.notifyOfNext(chat, progress.position) };
    } catch (error) {
      if (!(error instanceof ApiRejection) || !error.is('feed.position-gone')) throw error;
      return this.restart(chat, progress);
    }
  }

  /** After a restore of the database, nobody knows which notices the chat has got: it gets the digest of what waits now. */
  private async restart(chat: ServedChat, { position }: ChatProgress): Promise<ChatProgress> {
    logger.warn(`chat ${chat.id} may miss news: the position ${position} is gone`);
    await this.digests.send(chat);
    return this.feed.store(chat.id, { position: 'latest' });
  }

  /** Waits for events after the position, and notifies the chat of them. @returns the position up to which it is notified. */
  private async notifyOfNext(chat: ServedChat, position: string): Promise<string> {
    const { events, next } = await this.readFrom(chat, position);
    const notices = await this.noticesOf(events, chat);
    if (notices.length > 0) await this.send(chat, notices);
    if (next !== position) await this.feed.store(chat.id, { position: next });
    return next;
  }

  private async readFrom({ ids }: ServedChat, position: string): Promise<ChatEventPage> {
    let page = await this.feed.read(ids, position, WAIT_SECONDS);
    while (page.has_more && page.events.length < MAX_EVENTS) {
      const { events } = page;
      page = await this.feed.read(ids, page.next, 0);
      page = { ...page, events: [...events, ...page.events] };
    }
    return page;
  }

  /** The notices of these events, in their order. */
  private async noticesOf(events: readonly ChatEvent[], { ids }: ServedChat): Promise<readonly Notice[]> {
    const now = new Date();
    const isHere = ({ origin }: { readonly origin: string | null }) =>
      ids.some((id) => origin?.startsWith(`${id}:`));
    const notices: Notice[] = [];
    for (const [id, ofIncident] of Map.groupBy(events.filter(isNotable), (event) => event.incident_id)) {
      const [first] = ofIncident as [ChatEvent];
      const own = noticesOf(ofIncident, await this.api.get(id), now);
      if (isHere(first)) notices.push(...own);
      if (!ofIncident.some(({ duplicate_chats: chats }) => chats?.some((chat) => ids.includes(chat))))
        continue;
      const duplicates = (await this.api.duplicatesOf(id)).filter(isHere);
      notices.push(...own.flatMap((notice) => noticesOfOriginal(notice, duplicates)));
    }
    const order = new Map(events.map((event, index) => [event, index]));
    return notices.toSorted((one, other) => order.get(one.event)! - order.get(other.event)!);
  }

  /** Sends the messages one after the other, and stores after each up to which event the chat is notified. */
  private async send(chat: ServedChat, notices: readonly Notice[]): Promise<void> {
    const { id } = chat;
    const escalations = notices.filter(({ kind }) => kind === 'escalation');
    const policy = escalations.length > 0 ? await this.api.policy(policyScopeOf(chat)) : undefined;
    const context = { translations: this.translations, onDuty: policy?.on_duty ?? undefined };
    if (policy?.escalate_to) {
      for (const message of escalationsElsewhere(escalations, context))
        await this.messenger.post(policy.escalate_to, message);
    }
    const messages = noticeMessages(notices, context);
    for (const [index, message] of messages.entries()) {
      await this.messenger.post(id, message, message.origin);
      const { position } = message.upTo;
      // Several messages may be about one event.
      if (messages[index + 1]?.upTo.position !== position) await this.feed.store(id, { position });
    }
  }
}

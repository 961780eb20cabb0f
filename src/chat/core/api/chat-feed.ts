import { Injectable } from '@nestjs/common';
import { ApiRejection } from './incidents-api-responses.js';
import { IncidentsApiClient } from './incidents-api-client.js';
import type { components } from '../../../shared/api-schema.js';

/** The largest page of events that the API serves. */
const PAGE_SIZE = 200;

/** The part of an event that notices need. */
export type ChatEvent = Pick<
  components['schemas']['FeedEventResponse'],
  | 'position'
  | 'incident_id'
  | 'type'
  | 'at'
  | 'actor'
  | 'status'
  | 'from'
  | 'to'
  | 'assignee'
  | 'purpose'
  | 'duplicate_of'
  | 'origin'
  | 'duplicate_chats'
>;

/** A page of the events of a chat, and the position up to which it was read. */
export interface ChatEventPage {
  readonly events: readonly ChatEvent[];
  readonly next: string;
  readonly has_more: boolean;
}

/** The position up to which a chat was notified, and what else the bot stores about it. */
export interface ChatProgress {
  readonly position: string;
  readonly metadata: string | null;
}

/**
 * The events of the incidents that were reported in a chat, and the position up to which the chat was notified: the API stores it,
 * so that it outlives the bot. What its methods throw: see `IncidentsApiClient.send`.
 */
@Injectable()
export class ChatFeed {
  constructor(private readonly client: IncidentsApiClient) {}

  /** What was stored last; the first time, the chat is notified of what happens from now on. */
  async open(chat: string): Promise<ChatProgress> {
    try {
      return await this.client.send({ method: 'GET', path: consumerOf(chat) }, ({ body }) =>
        progressIn(body),
      );
    } catch (error) {
      if (!(error instanceof ApiRejection) || !error.is('consumer.not-found')) throw error;
      return this.store(chat, { position: 'latest' });
    }
  }

  /** Stores a position, and the metadata if it is given. */
  async store(chat: string, progress: Partial<ChatProgress>): Promise<ChatProgress> {
    const request = { method: 'PUT', path: consumerOf(chat), body: progress, outlivesStop: true } as const;
    return this.client.send(request, ({ body }) => progressIn(body));
  }

  /**
   * The first events after a position.
   * @param chats the ids that the chat has or had: a group that becomes a supergroup gets another one.
   * @param waitSeconds how long to wait for an event, up to 30.
   */
  async read(chats: readonly string[], after: string, waitSeconds: number): Promise<ChatEventPage> {
    const query = new URLSearchParams({
      chat: chats.join(','),
      after,
      limit: String(PAGE_SIZE),
      wait: String(waitSeconds),
    });
    return this.client.send({ method: 'GET', path: `/events?${String(query)}`, waitSeconds }, ({ body }) =>
      isPage(body) ? body : undefined,
    );
  }
}

const consumerOf = (chat: string) => `/consumers/chat.${chat.replace(':', '.')}`;

function progressIn(body: object): ChatProgress | undefined {
  const { position, metadata = null } = body as Partial<Record<keyof ChatProgress, unknown>>;
  const isText = metadata === null || typeof metadata === 'string';
  return typeof position === 'string' && isText ? { position, metadata } : undefined;
}

function isPage(body: object): body is ChatEventPage {
  const { events, next, has_more } = body as Partial<Record<keyof ChatEventPage, unknown>>;
  return Array.isArray(events) && typeof next === 'string' && typeof has_more === 'boolean';
}

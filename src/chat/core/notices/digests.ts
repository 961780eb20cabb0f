import { Injectable } from '@nestjs/common';
import { parseDailyTime } from '../../../shared/time/daily-time.js';
import { ChatFeed, type ChatProgress } from '../api/chat-feed.js';
import { IncidentsApi } from '../api/incidents-api.js';
import { Translations } from '../translations/translations.js';
import { digestMessage } from './digest.js';
import { dueDigestAt } from './digest-time.js';
import { Messenger, policyScopeOf, type ServedChat } from './messenger.js';

/** Sends each chat its daily digest. When it was sent last stands in the metadata of the chat's progress. */
@Injectable()
export class Digests {
  /** The time of digests of each chat when it was last looked at. */
  private readonly times = new Map<string, string | null>();

  constructor(
    private readonly feed: ChatFeed,
    private readonly api: IncidentsApi,
    private readonly messenger: Messenger,
    private readonly translations: Translations,
  ) {}

  /** Sends the digest if it is time for it. @returns the progress of the chat afterwards. */
  async sendIfDue(chat: ServedChat, progress: ChatProgress): Promise<ChatProgress> {
    const { digest_at: digestAt } = await this.api.policy(policyScopeOf(chat));
    const before = this.times.get(chat.id);
    this.times.set(chat.id, digestAt);
    const daily = digestAt === null ? undefined : parseDailyTime(digestAt);
    if (!daily) return progress;
    const now = new Date();
    const last = lastDigestIn(progress);
    // The first digest at a new time is one of the future.
    const isNew = last === undefined || (before !== undefined && before !== digestAt);
    if (!isNew && dueDigestAt(daily, last, now) === undefined) return progress;
    if (!isNew) await this.send(chat);
    return this.feed.store(chat.id, { ...progress, metadata: JSON.stringify({ digest: now.toISOString() }) });
  }

  /** Sends what the chat's incidents wait for now. */
  async send({ id, ids }: ServedChat): Promise<void> {
    await this.messenger.post(id, await digestMessage(this.api, ids, new Date(), this.translations));
  }
}

/** When the last digest was sent, as `sendIfDue` has stored it. */
function lastDigestIn({ metadata }: ChatProgress): Date | undefined {
  if (metadata === null) return undefined;
  const { digest } = JSON.parse(metadata) as { readonly digest: string };
  return new Date(digest);
}

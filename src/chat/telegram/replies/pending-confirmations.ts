import { Injectable } from '@nestjs/common';
import type { CallbackQuery } from 'grammy/types';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import type { Incident } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { TransientApiError, ApiRejection } from '../../core/api/incidents-api-responses.js';
import { incidentMessage, numberButton } from '../../core/messages/incident-text.js';
import type { OutgoingMessage } from '../../core/messages/outgoing-message.js';
import { Translations } from '../../core/translations/translations.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { Replies, type UpdatableMessage } from './replies.js';
import { SimilarOffers } from './similar-offers.js';

/** Beyond it, the oldest are looked up only when someone presses their button. */
const MAX_PENDING = 1_000;

/** A report without a number by then is overdue, and no longer looked up. */
const MAX_AGE_MS = 6 * 3_600_000;

const POLL_INTERVAL_MS = 500;

/** While the API is unavailable; people are looking at their replies. */
const MAX_BACKOFF_MS = 5_000;

/** Between two lookups of the same report. */
const MAX_LOOKUP_INTERVAL_MS = 30_000;

/** The press of a button. */
type Press = Pick<CallbackQuery, 'id' | 'from'>;

interface PendingConfirmation {
  readonly key: string;
  readonly since: number;
  /** The messages that say "accepted": a redelivered report has several. */
  replies: readonly UpdatableMessage[];
  /** The button presses without an answer. */
  presses: readonly Press[];
  /** When to look it up next. */
  dueAt: number;
}

/** Replies that said "accepted" and will show the number of the incident. Best effort, concurrent with the handling of updates. */
@Injectable()
export class PendingConfirmations {
  private readonly pending = new Map<string, PendingConfirmation>();

  constructor(
    private readonly api: IncidentsApi,
    private readonly replies: Replies,
    private readonly offers: SimilarOffers,
    private readonly translations: Translations,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Looks up the incident of the report with this key, to show it in the reply: in place of "accepted" if the
   * reply is not sent yet.
   * @param press the press of the button that asks for it, to be answered after the first lookup.
   */
  add(key: string, reply: UpdatableMessage, press?: Press): void {
    const now = performance.now();
    const confirmation = this.pending.get(key) ?? {
      key,
      since: now,
      replies: [],
      presses: [],
      dueAt: now,
    };
    const isKnown = reply.id !== undefined && confirmation.replies.some(({ id }) => id === reply.id);
    if (!isKnown) confirmation.replies = [...confirmation.replies, reply];
    if (press !== undefined) {
      confirmation.presses = [...confirmation.presses, press];
      confirmation.dueAt = now;
    }
    this.pending.set(key, confirmation);
    const [oldest] = this.pending.keys();
    if (this.pending.size > MAX_PENDING && oldest !== undefined) this.pending.delete(oldest);
  }

  /** Looks them up until the bot is stopped. @param maxAgeMs how long each is looked up. */
  async run(maxAgeMs = MAX_AGE_MS): Promise<void> {
    let failures = 0;
    let pauseMs = POLL_INTERVAL_MS;
    while (await sleepUnlessAborted(pauseMs, this.stop)) {
      const isAvailable = await this.lookUpDue(maxAgeMs);
      failures = isAvailable ? 0 : failures + 1;
      pauseMs = isAvailable ? POLL_INTERVAL_MS : backoffMs(failures, { maxMs: MAX_BACKOFF_MS });
    }
  }

  /** @returns whether the API is available. */
  private async lookUpDue(maxAgeMs: number): Promise<boolean> {
    try {
      for (const confirmation of this.pending.values()) {
        if (confirmation.dueAt > performance.now()) continue;
        const incident = await this.api.findOnce(confirmation.key);
        if (incident) this.show(confirmation, incident);
        else this.postpone(confirmation, maxAgeMs);
      }
      return true;
    } catch (error) {
      if (error instanceof ShutdownError) return false;
      // The API is unavailable for all of them.
      if (!(error instanceof TransientApiError || error instanceof ApiRejection)) throw error;
      for (const confirmation of this.pending.values()) {
        this.answerPresses(confirmation, this.translations.noNumberYet);
      }
      return false;
    }
  }

  private show(confirmation: PendingConfirmation, incident: Incident): void {
    this.pending.delete(confirmation.key);
    this.metrics.incidentsCreated.inc();
    this.updateReplies(confirmation, incidentMessage(incident, this.translations));
    const reply = confirmation.replies.at(-1);
    if (reply) this.offers.offer(incident, reply);
    this.answerPresses(confirmation);
  }

  private postpone(confirmation: PendingConfirmation, maxAgeMs: number): void {
    this.answerPresses(confirmation, this.translations.noNumberYet);
    const now = performance.now();
    const ageMs = now - confirmation.since;
    // A number appears at most a quarter later than it could, and a quarantined report costs the API little.
    confirmation.dueAt = now + Math.min(ageMs / 4, MAX_LOOKUP_INTERVAL_MS);
    if (ageMs <= maxAgeMs) return;
    this.pending.delete(confirmation.key);
    this.updateReplies(confirmation, {
      text: this.translations.numberOverdue,
      buttons: [numberButton(confirmation.key, this.translations)],
    });
  }

  private updateReplies({ replies }: PendingConfirmation, message: OutgoingMessage): void {
    for (const reply of replies) reply.update(message);
  }

  private answerPresses(confirmation: PendingConfirmation, text?: string): void {
    for (const press of confirmation.presses) this.replies.notify(press, text);
    confirmation.presses = [];
  }
}

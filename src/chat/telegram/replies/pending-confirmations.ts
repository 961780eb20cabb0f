import type { CallbackQuery } from 'grammy/types';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotMetrics } from '../bot-metrics.js';
import { about, numberButton } from '../../core/translations/incident-text.js';
import type { Incident } from '../../core/api/incident.js';
import type { Translations } from '../../core/translations/translations.js';
import { TransientApiError, ApiRejection } from '../../core/api/incidents-api-responses.js';
import type { IncidentsApi } from '../../core/api/incidents-api.js';
import type { Place, Replies } from './replies.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';

/** How many reports are looked for at most; past it, the oldest are looked for when someone presses their button. */
const ROOM = 1_000;

/** How long one is looked for, in milliseconds. */
const PATIENCE = 6 * 3_600_000;

/** How often there is a look whether one is due, in milliseconds. */
const ROUND_EVERY = 500;

/** How long a register that is away is left alone at most: people look at their replies, in milliseconds. */
const LONGEST_AWAY = 5_000;

const LONGEST = 30_000;

/** A pressed button. */
type Press = Pick<CallbackQuery, 'id' | 'from'>;

interface PendingConfirmation {
  readonly key: string;
  readonly since: number;
  /** The messages that said "accepted", by their ids: of a message that came again there are several. */
  readonly replies: Map<number, Place>;
  /** The button presses that wait for an answer. */
  queries: readonly Press[];
  /** When to look next. */
  due: number;
}

/** Replies that said "accepted", and are to say which incident it has become. Best effort, beside the intake. */
export class PendingConfirmations {
  private readonly waiting = new Map<string, PendingConfirmation>();

  /** @param patience how long one is looked for, in milliseconds. */
  constructor(
    private readonly register: IncidentsApi,
    private readonly replies: Replies,
    private readonly phrases: Translations,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
    private readonly patience = PATIENCE,
  ) {}

  /**
   * Looks for the incident of the report with this key, to say it in the reply.
   * @param query the press of the button that asks for it, to be answered after the first look.
   */
  add(key: string, reply: Place, query?: Press): void {
    const now = performance.now();
    const followUp = this.waiting.get(key) ?? { key, since: now, replies: new Map(), queries: [], due: now };
    followUp.replies.set(reply.message_id, reply);
    if (query !== undefined) {
      followUp.queries = [...followUp.queries, query];
      followUp.due = now;
    }
    this.waiting.set(key, followUp);
    const [oldest] = this.waiting.keys();
    if (this.waiting.size > ROOM && oldest !== undefined) this.waiting.delete(oldest);
  }

  /** Looks after them until the bot is told to stop. */
  async run(): Promise<void> {
    let failures = 0;
    let pause = ROUND_EVERY;
    while (await sleepUnlessAborted(pause, this.stop)) {
      const isAway = await this.round();
      failures = isAway ? failures + 1 : 0;
      pause = isAway ? backoffMs(failures, { maxMs: LONGEST_AWAY }) : ROUND_EVERY;
    }
  }

  /** @returns whether the register is away. */
  private async round(): Promise<boolean> {
    try {
      for (const followUp of this.waiting.values()) {
        if (followUp.due > performance.now()) continue;
        const incident = await this.register.lookFor(followUp.key);
        if (incident) this.show(followUp, incident);
        else this.postpone(followUp);
      }
      return false;
    } catch (error) {
      if (error instanceof ShutdownError) return true;
      // It is away for all of them: another time.
      if (!(error instanceof TransientApiError || error instanceof ApiRejection)) throw error;
      for (const followUp of this.waiting.values()) this.answer(followUp, this.phrases.noNumberYet);
      return true;
    }
  }

  private show(followUp: PendingConfirmation, incident: Incident): void {
    this.waiting.delete(followUp.key);
    this.metrics.incidentsCreated.inc();
    for (const reply of followUp.replies.values()) this.replies.edit(reply, about(incident, this.phrases));
    this.answer(followUp);
  }

  private postpone(followUp: PendingConfirmation): void {
    this.answer(followUp, this.phrases.noNumberYet);
    const now = performance.now();
    const age = now - followUp.since;
    // Nobody waits for it much longer than they have already, and what was refused asks little of the register.
    followUp.due = now + Math.min(age / 4, LONGEST);
    if (age <= this.patience) return;
    this.waiting.delete(followUp.key);
    const said = { text: this.phrases.notTakenIn, buttons: numberButton(followUp.key, this.phrases) };
    for (const reply of followUp.replies.values()) this.replies.edit(reply, said);
  }

  private answer(followUp: PendingConfirmation, text?: string): void {
    for (const query of followUp.queries) this.replies.notice(query, text);
    followUp.queries = [];
  }
}

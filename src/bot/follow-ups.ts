import type { Message } from 'grammy/types';
import { pauseAfter, waited } from './backoff.js';
import { about } from './incident-text.js';
import type { Phrases } from './phrases.js';
import { NotNow, Refused } from './register-answers.js';
import type { Register } from './register.js';
import type { Replies } from './replies.js';

/** How many replies wait for their incident at most; past it, the oldest stay as they are. */
const ROOM = 1_000;

/** How long one waits, in milliseconds: a report that was refused never has an incident. */
const PATIENCE = 6 * 3_600_000;

interface FollowUp {
  readonly key: string;
  readonly reply: Message;
  readonly until: number;
}

/** Replies that said "accepted", and are to say which incident it has become. Best effort, beside the intake. */
export class FollowUps {
  private readonly waiting = new Set<FollowUp>();

  constructor(
    private readonly register: Register,
    private readonly replies: Replies,
    private readonly phrases: Phrases,
    private readonly stop: AbortSignal,
  ) {}

  add(key: string, reply: Message): void {
    const [oldest] = this.waiting;
    if (this.waiting.size >= ROOM && oldest) this.waiting.delete(oldest);
    this.waiting.add({ key, reply, until: performance.now() + PATIENCE });
  }

  /** Looks after them until the bot is told to stop; more seldom while none has its incident yet. */
  async run(): Promise<void> {
    for (let vain = 1; await waited(pauseAfter(vain), this.stop); vain++) {
      if (this.waiting.size === 0 || (await this.round())) vain = 0;
    }
  }

  /** @returns whether one of them has got its incident. */
  private async round(): Promise<boolean> {
    let isAnyDone = false;
    try {
      for (const followUp of this.waiting) {
        const { key, reply, until } = followUp;
        if (this.stop.aborted) break;
        const incident = await this.register.lookFor(key);
        if (incident) {
          this.replies.edit(reply.chat.id, reply.message_id, about(incident, this.phrases));
          isAnyDone = true;
        }
        if (incident || performance.now() > until) this.waiting.delete(followUp);
      }
    } catch (error) {
      // The register is away, for all of them: another time.
      if (!(error instanceof NotNow || error instanceof Refused)) throw error;
    }
    return isAnyDone;
  }
}

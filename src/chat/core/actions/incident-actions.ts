import type { Incident } from '../api/incident.js';
import { type Action, type Status, wayOf } from './transitions.js';
import type { Phrases } from '../translations/translations.js';
import { refusalText } from '../translations/rejection-text.js';
import { Refused } from '../api/incidents-api-responses.js';
import type { As } from '../api/incidents-api-client.js';
import type { Register } from '../api/incidents-api.js';

/** What is asked of an incident. */
export interface Act {
  readonly id: number;
  readonly action: Action;
  /** What is to be added to its description. */
  readonly note?: string;
}

/** The incident as it is afterwards, and what there is to say besides. */
export interface Outcome {
  readonly incident: Incident;
  readonly remark?: string;
}

/**
 * What people do with incidents, as legal moves. All decisions hang on answers that the register keeps under idempotency
 * keys: an update that is handled again after a crash goes the same way, and on from where it was.
 */
export class Changes {
  constructor(
    private readonly register: Register,
    private readonly phrases: Phrases,
  ) {}

  /**
   * Moves an incident, in several steps where need be. Where that makes no sense the note is added all the same.
   * @throws Refused where there is no such incident.
   */
  async act({ id, action, note }: Act, as: As): Promise<Outcome> {
    const from = await this.register.statusThen(id, keyed(as, 'ask'));
    const way = wayOf(action, from);
    if (!way) return this.keepNote(id, note, this.phrases.refused.senseless(action, from), as);
    try {
      for (const status of way.slice(0, -1)) await this.pass(id, status, as);
      const status = way.at(-1)!;
      return { incident: await this.register.change(id, { status, addition: note }, keyed(as, status)) };
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'incident.illegal-transition') throw error;
      // Someone else was faster.
      return this.keepNote(id, note, refusalText(error, id, this.phrases), as);
    }
  }

  private async pass(id: number, status: Status, as: As): Promise<void> {
    try {
      await this.register.change(id, { status }, keyed(as, status));
    } catch (error) {
      // Someone else has just done this step.
      if (!(error instanceof Refused) || error.fact('current') !== status) throw error;
    }
  }

  private async keepNote(id: number, note: string | undefined, remark: string, as: As): Promise<Outcome> {
    if (note === undefined) return { incident: await this.register.get(id), remark };
    const incident = await this.register.change(id, { addition: note }, keyed(as, 'note'));
    return { incident, remark: `${remark} ${this.phrases.noteKept}` };
  }
}

/** A request of its own within an update. */
export const keyed = ({ key, actor }: As, part: string): As => ({ key: `${key}:${part}`, actor });

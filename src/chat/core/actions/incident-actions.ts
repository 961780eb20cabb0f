import type { Incident } from '../api/incident.js';
import { type Action, type Status, pathFor } from './transitions.js';
import type { Translations } from '../translations/translations.js';
import { rejectionText } from '../translations/rejection-text.js';
import { ApiRejection } from '../api/incidents-api-responses.js';
import type { RequestIdentity } from '../api/incidents-api-client.js';
import type { IncidentsApi } from '../api/incidents-api.js';

/** What is asked of an incident. */
export interface ActionRequest {
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
export class IncidentActions {
  constructor(
    private readonly register: IncidentsApi,
    private readonly phrases: Translations,
  ) {}

  /**
   * Moves an incident, in several steps where need be. Where that makes no sense the note is added all the same.
   * @throws Refused where there is no such incident.
   */
  async act({ id, action, note }: ActionRequest, as: RequestIdentity): Promise<Outcome> {
    const from = await this.register.statusThen(id, keyed(as, 'ask'));
    const way = pathFor(action, from);
    if (!way) return this.keepNote(id, note, this.phrases.refused.senseless(action, from), as);
    try {
      for (const status of way.slice(0, -1)) await this.pass(id, status, as);
      const status = way.at(-1)!;
      return { incident: await this.register.change(id, { status, addition: note }, keyed(as, status)) };
    } catch (error) {
      if (!(error instanceof ApiRejection) || error.code !== 'incident.illegal-transition') throw error;
      // Someone else was faster.
      return this.keepNote(id, note, rejectionText(error, id, this.phrases), as);
    }
  }

  private async pass(id: number, status: Status, as: RequestIdentity): Promise<void> {
    try {
      await this.register.change(id, { status }, keyed(as, status));
    } catch (error) {
      // Someone else has just done this step.
      if (!(error instanceof ApiRejection) || error.fact('current') !== status) throw error;
    }
  }

  private async keepNote(
    id: number,
    note: string | undefined,
    remark: string,
    as: RequestIdentity,
  ): Promise<Outcome> {
    if (note === undefined) return { incident: await this.register.get(id), remark };
    const incident = await this.register.change(id, { addition: note }, keyed(as, 'note'));
    return { incident, remark: `${remark} ${this.phrases.noteKept}` };
  }
}

/** A request of its own within an update. */
export const keyed = ({ key, actor }: RequestIdentity, part: string): RequestIdentity => ({
  key: `${key}:${part}`,
  actor,
});

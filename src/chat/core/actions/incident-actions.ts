import { Injectable } from '@nestjs/common';
import { isStatus, type Incident, type IncidentUpdate } from '../api/incident.js';
import { IncidentsApi } from '../api/incidents-api.js';
import type { RequestIdentity } from '../api/incidents-api-client.js';
import { ApiRejection } from '../api/incidents-api-responses.js';
import { Translations } from '../translations/translations.js';
import { type Action, buttonTransitionOf, transitionOf } from './actions.js';

/** What a message asks to do with an incident. */
export interface ActionRequest {
  readonly id: number;
  readonly action: Action;
  /** The text to append to its description. */
  readonly note?: string;
}

/** The incident afterwards. */
export interface ActionResult {
  readonly incident: Incident;
  /** Why the action was rejected; undefined where it was not. */
  readonly rejection?: string;
}

/**
 * Carries out what people do with incidents. Each action is one request under an idempotency key, and the API keeps
 * its answer: an update that is handled again after a crash has the same effect and the same reply.
 */
@Injectable()
export class IncidentActions {
  constructor(
    private readonly api: IncidentsApi,
    private readonly translations: Translations,
  ) {}

  /**
   * Carries out what a message asks for: whoever writes "fixed" about an incident that nobody took has done both, and the
   * history has both. Where the action is illegal, the note is appended all the same.
   * @throws ApiRejection if there is no such incident.
   */
  async perform({ id, action, note }: ActionRequest, identity: RequestIdentity): Promise<ActionResult> {
    const update = { ...transitionOf(action), via: 'shortest', description_append: note } as const;
    const result = await this.transition(id, action, update, identity);
    if (result.rejection === undefined || note === undefined) return result;
    const incident = await this.api.update(id, { description_append: note }, withSuffix(identity, 'note'));
    return { incident, rejection: `${result.rejection} ${this.translations.noteAppended}` };
  }

  /**
   * Carries out what a button offers, which is one transition.
   * @throws ApiRejection if there is no such incident.
   */
  async press(id: number, action: Action, identity: RequestIdentity): Promise<ActionResult> {
    return this.transition(id, action, buttonTransitionOf(action), identity);
  }

  private async transition(
    id: number,
    action: Action,
    update: IncidentUpdate,
    identity: RequestIdentity,
  ): Promise<ActionResult> {
    try {
      return { incident: await this.api.update(id, update, withSuffix(identity, 'transition')) };
    } catch (error) {
      const rejection = this.textOfIllegal(action, error);
      return { incident: await this.api.get(id), rejection };
    }
  }

  /** @throws the error itself where it is no rejection because of the incident's status. */
  private textOfIllegal(action: Action, error: unknown): string {
    if (!(error instanceof ApiRejection)) throw error;
    const current = error.fact('current');
    if (!error.is('incident.illegal-transition', 'incident.unexpected-status') || !isStatus(current))
      throw error;
    return this.translations.rejected.illegalAction(action, current);
  }
}

/** The identity of one of several requests that an update causes. */
export const withSuffix = ({ key, actor }: RequestIdentity, suffix: string): RequestIdentity => ({
  key: `${key}:${suffix}`,
  actor,
});

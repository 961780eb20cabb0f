import { Injectable } from '@nestjs/common';
import { type Incident, type IncidentUpdate, isStatus, type Status } from '../api/incident.js';
import { IncidentsApi } from '../api/incidents-api.js';
import type { RequestIdentity } from '../api/incidents-api-client.js';
import { ApiRejection } from '../api/incidents-api-responses.js';
import { personOf } from '../../../shared/person.js';
import { Translations } from '../translations/translations.js';
import { type Action, buttonChangeOf, changeOf } from './actions.js';

/** How often taking an incident is tried again because somebody else changed it at the same time. */
const MAX_ASSIGNMENTS = 5;

/** What a message asks to do with an incident. */
export interface ActionRequest {
  readonly id: number;
  readonly action: Action;
  /** The text to append to its description. */
  readonly note?: string;
}

/** The incident that repeats another one. */
export interface DuplicateRequest {
  readonly id: number;
  readonly duplicateOf: number;
}

/** The incident afterwards. */
export interface ActionResult {
  readonly incident: Incident;
  /** Why the action was rejected; undefined where it was not. */
  readonly rejection?: string;
}

interface Attempt extends ActionResult {
  /** Whether the update itself was applied, with all that it contains. */
  readonly isApplied: boolean;
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
    const change = changeOf(action);
    const via = change.status && ({ via: 'shortest' } as const);
    const attempt = await this.attempt(id, action, { ...change, ...via, description_append: note }, identity);
    const { incident, rejection, isApplied } = attempt;
    if (isApplied || note === undefined) return { incident, rejection };
    return {
      incident: await this.api.update(id, { description_append: note }, withSuffix(identity, 'note')),
      rejection: rejection && `${rejection} ${this.translations.noteAppended}`,
    };
  }

  /**
   * Carries out what a button offers, which is one change.
   * @throws ApiRejection if there is no such incident.
   */
  async press(id: number, action: Action, identity: RequestIdentity): Promise<ActionResult> {
    const { incident, rejection } = await this.attempt(id, action, buttonChangeOf(action), identity);
    return { incident, rejection };
  }

  /**
   * Marks an incident as a duplicate, which closes it.
   * @throws ApiRejection if that is not possible.
   */
  async markDuplicate({ id, duplicateOf }: DuplicateRequest, identity: RequestIdentity): Promise<Incident> {
    return this.api.update(id, { duplicate_of: duplicateOf }, withSuffix(identity, 'duplicate'));
  }

  private async attempt(
    id: number,
    action: Action,
    update: IncidentUpdate,
    identity: RequestIdentity,
  ): Promise<Attempt> {
    try {
      const incident = await this.api.update(id, update, withSuffix(identity, 'transition'));
      return { incident, isApplied: true };
    } catch (error) {
      const current = statusOfIllegal(error);
      if (action === 'take' && current === 'IN_PROGRESS') return this.assign(id, identity);
      const rejection = this.translations.rejected.illegalAction(action, current);
      return { incident: await this.api.get(id), rejection, isApplied: false };
    }
  }

  /** Takes an incident that is IN_PROGRESS, unless somebody works on it: it is not taken from others. */
  private async assign(id: number, identity: RequestIdentity): Promise<Attempt> {
    const { rejected } = this.translations;
    for (let attempts = 1; ; attempts++) {
      const { incident, etag } = await this.api.getVersion(id);
      const { status, assignee } = incident;
      if (status !== 'IN_PROGRESS')
        return { incident, rejection: rejected.illegalAction('take', status), isApplied: false };
      // An earlier attempt may have succeeded.
      if (assignee === identity.actor) return { incident, isApplied: false };
      if (assignee !== null)
        return { incident, rejection: rejected.takenBy(personOf(assignee)), isApplied: false };
      try {
        const key = withSuffix(identity, `assign:${etag.replaceAll('"', '')}`);
        return { incident: await this.api.update(id, { assignee: 'me' }, key, etag), isApplied: false };
      } catch (error) {
        const isOutdated = error instanceof ApiRejection && error.is('incident.version-mismatch');
        if (!isOutdated || attempts === MAX_ASSIGNMENTS) throw error;
      }
    }
  }
}

/** The status because of which an action is illegal. @throws the error itself where it has another cause. */
function statusOfIllegal(error: unknown): Status {
  if (!(error instanceof ApiRejection)) throw error;
  if (error.is('incident.closed')) return 'CLOSED';
  const current = error.fact('current');
  if (!error.is('incident.illegal-transition', 'incident.unexpected-status') || !isStatus(current))
    throw error;
  return current;
}

/** The identity of one of several requests that an update causes. */
export const withSuffix = ({ key, actor }: RequestIdentity, suffix: string): RequestIdentity => ({
  key: `${key}:${suffix}`,
  actor,
});

import { type Incident, isIncident } from './incident.js';
import { MAX_EVENTS, parseEvents, isWrittenBy } from './incident-events.js';
import { type Status, STATUSES } from '../actions/transitions.js';
import type { Report } from '../parse/message-parser.js';
import { ApiRejection } from './incidents-api-responses.js';
import type { RequestIdentity, ApiRequest, IncidentsApiClient } from './incidents-api-client.js';

/** How many incidents a list shows. */
const LIST_LENGTH = 20;

/** By which way the bot has brought a report. */
type Way = 'rest' | 'kafka';

export interface Change {
  readonly status?: Status;
  readonly addition?: string;
}

/** An incident after a request, and whether that was a repeat of an earlier one. */
export interface Recorded {
  readonly incident: Incident;
  readonly isReplay: boolean;
}

export interface IncidentPage {
  readonly incidents: readonly Incident[];
  /** How many there are in all, as the API counts. */
  readonly total: string;
}

/**
 * What the bot asks of the register. All of it waits until the register has answered for good: see
 * `IncidentsApiClient.ask` for what is thrown.
 */
export class IncidentsApi {
  constructor(private readonly client: IncidentsApiClient) {}

  async report({ description, source }: Report, as: RequestIdentity): Promise<Recorded> {
    return this.recorded({ method: 'POST', path: '/incidents', body: { description, source }, as });
  }

  /**
   * Keeps in the quarantine what the register fails on.
   * @param as whose it is; a report can be tried again from there, under this key.
   */
  async quarantine(payload: string, reason: string, as: RequestIdentity): Promise<void> {
    const body = { payload, reason };
    await this.client.ask({ method: 'POST', path: '/quarantine', body, as }, () => true);
  }

  /** Moves an incident, adds to its description, or both at once. */
  async change(id: number, { status, addition }: Change, as: RequestIdentity): Promise<Incident> {
    const body = { status, description_append: addition };
    return (await this.recorded({ method: 'PATCH', path: `/incidents/${id}`, body, as })).incident;
  }

  /**
   * The status of an incident when this was first asked under the key: who asks again gets the same answer, whatever has
   * happened since.
   */
  async statusThen(id: number, as: RequestIdentity): Promise<Status> {
    try {
      // No move leads to NEW. The register keeps a refusal under the key, with the status in it; it keeps no GET.
      await this.change(id, { status: 'NEW' }, as);
    } catch (error) {
      const current = error instanceof ApiRejection ? error.fact('current') : undefined;
      const status = STATUSES.find((each) => each === current);
      if (!status) throw error;
      return status;
    }
    throw new Error(`The incident ${id} was moved to NEW, which cannot be.`);
  }

  async get(id: number): Promise<Incident> {
    return (await this.recorded({ method: 'GET', path: `/incidents/${id}` })).incident;
  }

  /** The incident that the report with this key has made, by whichever way, as it is now; undefined where there is none. */
  async findByKey(key: string): Promise<Incident | undefined> {
    return (await this.madeByWay(key, 'rest')) ?? (await this.madeByWay(key, 'kafka'));
  }

  /**
   * The same of a report that came by Kafka, asked once.
   * @throws TransientApiError where the register does not answer.
   */
  async lookFor(key: string): Promise<Incident | undefined> {
    return unlessNotFound(async () => {
      const { body } = await this.client.askOnce(questionFor(key, 'kafka'));
      return isIncident(body) ? body : undefined;
    });
  }

  /** What someone has last reported or added in chats about an incident; undefined where that is nothing. */
  async lastSaid(id: number, actor: string): Promise<string | undefined> {
    let last: string | undefined;
    for (let after = 0; ;) {
      const path = `/incidents/${id}/events?after=${after}&limit=${MAX_EVENTS}`;
      const events = await this.client.ask({ method: 'GET', path }, parseEvents);
      last = events.findLast((event) => isWrittenBy(event, actor))?.text ?? last;
      if (events.length < MAX_EVENTS) return last;
      after = events.at(-1)!.seq;
    }
  }

  /** The newest with one of these statuses, up to 20. */
  async list(statuses: readonly Status[]): Promise<IncidentPage> {
    const path = `/incidents?status=${statuses.join(',')}&limit=${LIST_LENGTH}`;
    return this.client.ask({ method: 'GET', path }, ({ body, headers }) => {
      const total = headers.get('x-total-count');
      return Array.isArray(body) && body.every(isIncident) && total !== null
        ? { incidents: body, total }
        : undefined;
    });
  }

  private madeByWay(key: string, way: Way): Promise<Incident | undefined> {
    return unlessNotFound(async () => (await this.recorded(questionFor(key, way))).incident);
  }

  private async recorded(question: ApiRequest): Promise<Recorded> {
    return this.client.ask(question, ({ body, headers }) =>
      isIncident(body) ? { incident: body, isReplay: headers.has('idempotency-replayed') } : undefined,
    );
  }
}

async function unlessNotFound<Found>(look: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ApiRejection && error.code === 'incident.not-found') return undefined;
    throw error;
  }
}

function questionFor(key: string, way: Way): ApiRequest {
  const path = `/incidents/by-idempotency-key/${encodeURIComponent(key)}`;
  return { method: 'GET', path: way === 'kafka' ? `${path}?channel=kafka` : path };
}

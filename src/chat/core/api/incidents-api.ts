import { Injectable } from '@nestjs/common';
import {
  type Incident,
  type IncidentUpdate,
  isIncident,
  parseSimilar,
  type Report,
  type SimilarIncident,
  type Status,
} from './incident.js';
import { MAX_EVENTS, parseEvents, isWrittenBy } from './incident-events.js';
import type { OpenFile } from './file-form.js';
import { ApiRejection, TransientApiError } from './incidents-api-responses.js';
import { DEFAULT_POLICY, type Policy, type PolicyChanges, policyIn } from './policy.js';
import { type ApiRequest, IncidentsApiClient, type RequestIdentity } from './incidents-api-client.js';
import { hasProblem, type HeartbeatLists, parseHeartbeats } from './heartbeats.js';
import { parseWeeks, type WeekStatistics } from './statistics.js';

/** How many incidents a list shows. */
const MAX_LISTED = 20;

/** How many duplicates of one incident are found; the API's largest page. */
const MAX_DUPLICATES = 100;

/** The channel by which the bot has sent a report. */
type ReportChannel = 'rest' | 'kafka';

/** An incident after a request, and whether the response is that of an earlier attempt. */
export interface WriteResult {
  readonly incident: Incident;
  readonly isReplay: boolean;
}

/** An incident as it is in one of its versions. */
export interface IncidentVersion {
  readonly incident: Incident;
  readonly etag: string;
}

export interface IncidentPage {
  readonly incidents: readonly Incident[];
  /** How many there are on all pages, as the API counts: up to 10,000 with most filters. */
  readonly total: string;
}

/** The requests of the bot. Each waits for a final answer: see `IncidentsApiClient.send` for what they throw. */
@Injectable()
export class IncidentsApi {
  constructor(private readonly client: IncidentsApiClient) {}

  async report(report: Report, identity: RequestIdentity): Promise<WriteResult> {
    return this.sendForIncident({ method: 'POST', path: '/incidents', body: report, identity });
  }

  /** Attaches a file to an incident. @param openFile opens it: for each attempt again. What it throws is thrown. */
  async attach(id: number, openFile: () => Promise<OpenFile>, identity: RequestIdentity): Promise<void> {
    const request = { method: 'POST', path: `/incidents/${id}/attachments`, openFile, identity } as const;
    await this.client.send(request, ({ body }) => Array.isArray(body) || undefined);
  }

  /**
   * Quarantines what the API fails on.
   * @param identity the sender's; a report can be retried from the quarantine under this key.
   */
  async quarantine(payload: string, reason: string, identity: RequestIdentity): Promise<void> {
    const body = { payload, reason };
    await this.client.send({ method: 'POST', path: '/quarantine', body, identity }, () => true);
  }

  /** Changes an incident, or appends to its description, or both at once. @param ifMatch the ETag that it must have; any by default. */
  async update(
    id: number,
    body: IncidentUpdate,
    identity: RequestIdentity,
    ifMatch?: string,
  ): Promise<Incident> {
    const path = `/incidents/${id}`;
    return (await this.sendForIncident({ method: 'PATCH', path, body, identity, ifMatch })).incident;
  }

  /**
   * Uses up an idempotency key for changes of an incident: another change under it is rejected. The API keeps the rejection
   * of a precondition under the key, and no version passes `If-None-Match: *`.
   */
  async consumeKey(id: number, identity: RequestIdentity): Promise<void> {
    const body: IncidentUpdate = { status: 'IN_PROGRESS' };
    const path = `/incidents/${id}`;
    try {
      await this.sendForIncident({ method: 'PATCH', path, body, identity, ifNoneMatch: '*' });
    } catch (error) {
      if (error instanceof ApiRejection && error.is('incident.version-mismatch', 'idempotency.key-reused'))
        return;
      throw error;
    }
    throw new Error(`The API has changed incident ${id} in spite of If-None-Match: *.`);
  }

  async get(id: number): Promise<Incident> {
    return (await this.getVersion(id)).incident;
  }

  /** An incident with the ETag of this version of it. */
  async getVersion(id: number): Promise<IncidentVersion> {
    return this.client.send({ method: 'GET', path: `/incidents/${id}` }, ({ body, headers }) => {
      const etag = headers.get('etag');
      return isIncident(body) && etag !== null ? { incident: body, etag } : undefined;
    });
  }

  /**
   * Open incidents that are similar to this one, the most similar first, without retries.
   * @throws ApiRejection if there is no such incident. @throws TransientApiError if the API does not answer.
   */
  async similarOnce(id: number): Promise<readonly SimilarIncident[]> {
    const similar = parseSimilar(
      await this.client.sendOnce({ method: 'GET', path: `/incidents/${id}/similar` }),
    );
    if (!similar) throw new TransientApiError('a response that is not the API’s', true);
    return similar;
  }

  /** The current state of the incident that the report with this key has created; undefined where there is none. */
  async findByKey(key: string): Promise<Incident | undefined> {
    return (await this.findInChannel(key, 'rest')) ?? (await this.findInChannel(key, 'kafka'));
  }

  /**
   * The same for a report by Kafka, without retries.
   * @throws TransientApiError if the API does not answer.
   */
  async findOnce(key: string): Promise<Incident | undefined> {
    return undefinedIf('incident.not-found', async () => {
      const { body } = await this.client.sendOnce(requestByKey(key, 'kafka'));
      return isIncident(body) ? body : undefined;
    });
  }

  /** The last text about an incident that this actor has reported or appended in chats; undefined where there is none. */
  async lastTextBy(actor: string, id: number): Promise<string | undefined> {
    let last: string | undefined;
    for (let after = 0; ;) {
      const path = `/incidents/${id}/events?after=${after}&limit=${MAX_EVENTS}`;
      const events = await this.client.send({ method: 'GET', path }, parseEvents);
      last = events.findLast((event) => isWrittenBy(event, actor))?.text ?? last;
      if (events.length < MAX_EVENTS) return last;
      after = events.at(-1)!.seq;
    }
  }

  /** The newest incidents with one of these statuses, up to 20. */
  async list(statuses: readonly Status[]): Promise<IncidentPage> {
    return this.page(`status=${statuses.join(',')}&limit=${MAX_LISTED}`);
  }

  /** The incidents that nobody works on, up to 20: urgent ones first, then those that have waited longest. */
  async untaken(): Promise<IncidentPage> {
    return this.page(`untaken=true&sort=attention&limit=${MAX_LISTED}`);
  }

  /** The open incidents that this actor works on, up to 20, in the same order. */
  async assignedTo(actor: string): Promise<IncidentPage> {
    return this.page(`assignee=me&status=NEW,IN_PROGRESS&sort=attention&limit=${MAX_LISTED}`, actor);
  }

  /** The statistics of each week from this day until before that one, both in UTC, such as `2026-11-23`. */
  async weeks(from: string, to: string): Promise<readonly WeekStatistics[]> {
    const path = `/statistics?from=${from}&to=${to}&by=week`;
    return this.client.send({ method: 'GET', path }, parseWeeks);
  }

  /** The first heartbeats with a problem, up to 20, and the first of all as far as there is room beside them. */
  async heartbeats(): Promise<HeartbeatLists> {
    const list = (query: string) =>
      this.client.send({ method: 'GET', path: `/heartbeats?limit=${MAX_LISTED}${query}` }, parseHeartbeats);
    const problems = await list('&with_problem=true');
    const others = problems.length < MAX_LISTED ? (await list('')).filter((each) => !hasProblem(each)) : [];
    return { problems, others: others.slice(0, MAX_LISTED - problems.length) };
  }

  /** A page of the incidents that match the parameters of a query, and how many match. */
  async find(query: Readonly<Record<string, string>>): Promise<IncidentPage> {
    return this.page(String(new URLSearchParams(query)));
  }

  /** The policy that applies to a chat: its own, or the default. @param chat as policies have it: `tg:-100123`. */
  async policy(chat: string): Promise<Policy> {
    return (await this.ownPolicy(chat)) ?? DEFAULT_POLICY;
  }

  /** Changes a part of the policy of a chat, whatever others change at the same time. @returns the whole policy. */
  async changePolicy(chat: string, body: PolicyChanges): Promise<Policy> {
    const request = { method: 'PATCH', path: policyPath(chat), body } as const;
    return this.client.send(request, (response) => policyIn(response.body));
  }

  /** Gives a chat the policy of another one, unless it has its own. */
  async inheritPolicy(chat: string, from: string): Promise<void> {
    if (await this.ownPolicy(chat)) return;
    const policy = await this.ownPolicy(from);
    if (policy) await this.changePolicy(chat, policy);
  }

  private ownPolicy(chat: string): Promise<Policy | undefined> {
    const request = { method: 'GET', path: policyPath(chat) } as const;
    return undefinedIf('policy.not-found', () => this.client.send(request, ({ body }) => policyIn(body)));
  }

  private page(query: string, actor?: string): Promise<IncidentPage> {
    const path = `/incidents?${query}`;
    return this.client.send({ method: 'GET', path, actor }, ({ body, headers }) => {
      const total = headers.get('x-total-count');
      return Array.isArray(body) && body.every(isIncident) && total !== null
        ? { incidents: body, total }
        : undefined;
    });
  }

  /** The duplicates of an incident, and those of its duplicates; up to about 200. */
  async duplicatesOf(id: number): Promise<readonly Incident[]> {
    const found = await this.directDuplicatesOf(id);
    // Also of those that are found meanwhile. They are a tree, since the API refuses cycles.
    for (const duplicate of found) {
      // A duplicate counts as an occurrence of its original.
      if (duplicate.occurrences === 1 || found.length >= MAX_DUPLICATES) continue;
      found.push(...(await this.directDuplicatesOf(duplicate.id)));
    }
    return found;
  }

  private directDuplicatesOf(id: number): Promise<Incident[]> {
    const path = `/incidents?duplicate_of=${id}&limit=${MAX_DUPLICATES}`;
    return this.client.send({ method: 'GET', path }, ({ body }) =>
      Array.isArray(body) && body.every(isIncident) ? body : undefined,
    );
  }

  private findInChannel(key: string, channel: ReportChannel): Promise<Incident | undefined> {
    return undefinedIf(
      'incident.not-found',
      async () => (await this.sendForIncident(requestByKey(key, channel))).incident,
    );
  }

  private async sendForIncident(request: ApiRequest): Promise<WriteResult> {
    return this.client.send(request, ({ body, headers }) =>
      isIncident(body) ? { incident: body, isReplay: headers.has('idempotency-replayed') } : undefined,
    );
  }
}

const policyPath = (chat: string) => `/policies/${encodeURIComponent(chat)}`;

async function undefinedIf<Found>(
  code: 'incident.not-found' | 'policy.not-found',
  find: () => Promise<Found>,
): Promise<Found | undefined> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof ApiRejection && error.is(code)) return undefined;
    throw error;
  }
}

function requestByKey(key: string, channel: ReportChannel): ApiRequest {
  const path = `/incidents/by-idempotency-key/${encodeURIComponent(key)}`;
  return { method: 'GET', path: channel === 'kafka' ? `${path}?channel=kafka` : path };
}

import { IncidentHistory, type IncidentEventPage } from '../../src/application/incident/incident-history.js';
import {
  IncidentList,
  MAX_COUNTED,
  type IncidentPage,
  type IncidentQuery,
  type Position,
} from '../../src/application/incident/incident-list.js';
import { chatOf } from '../../src/domain/attention/attention-policy.js';
import { MAX_SIMILAR, type SimilarIncidents } from '../../src/application/incident/similar-incidents.js';
import { UNTAKEN } from '../../src/domain/incident/attention.js';
import { DomainError } from '../../src/domain/domain-error.js';
import {
  type IdempotencyKey,
  IdempotencyKeyReused,
  ReplayedError,
  type RequestKey,
} from '../../src/domain/incident/idempotency.js';
import { IncidentNotFound, InvalidText } from '../../src/domain/incident/incident-errors.js';
import type { IncidentEvent, ReminderEvent } from '../../src/domain/incident/incident-events.js';
import {
  type DedupKey,
  IncidentRepository,
  type WriteResult,
} from '../../src/domain/incident/incident-repository.js';
import type { IncidentId, IncidentState, Report } from '../../src/domain/incident/incident-state.js';
import { isOpen } from '../../src/domain/incident/incident-status.js';
import { comparedPartOf, rankSimilar } from '../../src/domain/incident/similarity.js';
import { Incident } from '../../src/domain/incident/incident.js';

/** The ports for incidents over a map; the contract tests hold it to the same contract as PostgreSQL. */
export class InMemoryIncidents {
  private readonly incidents = new Map<IncidentId, Incident>();
  private readonly events = new Map<IncidentId, IncidentEvent[]>();

  private readonly earlier = new Map<string, { fingerprint: Buffer; outcome: Incident | DomainError }>();

  readonly repository: IncidentRepository = {
    add: async (report: Report, idempotency) => this.once(idempotency, () => this.add(report)),
    addOrMerge: async (report, again, idempotency) =>
      this.once(idempotency, () => {
        const open = this.open(report);
        return open ? this.change(open.id, again) : this.add(report);
      }),
    find: async (id) => copyOf(this.incidents.get(id)),
    findByRequest: async (request) => {
      const outcome = this.earlier.get(keyId(request))?.outcome;
      return outcome instanceof Incident ? copyOf(this.incidents.get(outcome.id)) : undefined;
    },
    change: async (id, act, idempotency) => {
      try {
        return this.once(idempotency, () => this.change(id, act));
      } catch (error) {
        if (error instanceof IncidentNotFound) return undefined;
        throw error;
      }
    },
    changeWithOriginal: async ({ id, duplicateOf }, act, idempotency) => {
      try {
        return this.once(idempotency, () => this.changeWithOriginal(id, duplicateOf, act));
      } catch (error) {
        if (error instanceof IncidentNotFound) return undefined;
        throw error;
      }
    },
    changeOpenByDedupKey: async (key, act, idempotency) => {
      const open = this.open(key);
      return open && this.once(idempotency, () => this.change(open.id, act));
    },
  };

  private once(idempotency: IdempotencyKey | undefined, act: () => Incident): WriteResult {
    if (!idempotency) return { incident: act(), isReplay: false };
    const id = keyId(idempotency);
    const earlier = this.earlier.get(id);
    if (earlier) {
      if (!earlier.fingerprint.equals(idempotency.fingerprint)) throw new IdempotencyKeyReused();
      if (earlier.outcome instanceof Incident) return { incident: copyOf(earlier.outcome)!, isReplay: true };
      const { code, message, facts } = earlier.outcome;
      throw new ReplayedError(code, message, facts);
    }
    const { fingerprint } = idempotency;
    try {
      const incident = act();
      this.earlier.set(id, { fingerprint, outcome: copyOf(incident)! });
      return { incident, isReplay: false };
    } catch (error) {
      if (error instanceof DomainError && !(error instanceof InvalidText)) {
        this.earlier.set(id, { fingerprint, outcome: error });
      }
      throw error;
    }
  }

  private open(key: DedupKey): Incident | undefined {
    return [...this.incidents.values()].find(
      ({ state: { channel, dedupKey, status } }) =>
        channel === key.channel && dedupKey === key.dedupKey && status !== 'CLOSED',
    );
  }

  private add(report: Report): Incident {
    const { description, dedupKey, urgent, actor, accessKey, channel, at } = report;
    const id = this.incidents.size + 1;
    const previous = [...this.incidents.values()].findLast(
      ({ state }) => dedupKey !== undefined && state.dedupKey === dedupKey && state.channel === channel,
    );
    const incident = Incident.reported(id, report, previous?.id);
    this.incidents.set(id, incident);
    const provenance = { at, actor, accessKey, channel };
    this.events.set(id, [
      { type: 'reported', seq: 1, ...provenance, text: description, ...(urgent && { urgent }) },
    ]);
    return incident;
  }

  private change(id: IncidentId, act: (incident: Incident) => void): Incident {
    const incident = copyOf(this.incidents.get(id));
    if (!incident) throw new IncidentNotFound(id);
    act(incident);
    this.incidents.set(id, incident);
    this.events.get(id)!.push(...incident.newEvents);
    return incident;
  }

  private changeWithOriginal(
    id: IncidentId,
    duplicateOf: IncidentId,
    act: (incident: Incident, original: Incident | undefined) => void,
  ): Incident {
    let found = this.incidents.get(duplicateOf);
    while (found?.state.duplicateOf) found = this.incidents.get(found.state.duplicateOf);
    const original = copyOf(found);
    const changed = this.change(id, (incident) => act(incident, original?.id === id ? incident : original));
    if (original && original.id !== id) {
      this.incidents.set(original.id, original);
      this.events.get(original.id)!.push(...original.newEvents);
    }
    return changed;
  }

  readonly list: IncidentList = {
    page: async (query: IncidentQuery): Promise<IncidentPage> => {
      const found = [...this.incidents.values()].filter((incident) => matches(incident, query));
      const direction = query.order === 'newest-first' ? -1 : 1;
      const byAttention = query.order === 'attention' ? 1 : 0;
      const compare = (a: Position, b: Position) =>
        byAttention * (a.attention! - b.attention!) ||
        direction * (a.createdAt.getTime() - b.createdAt.getTime() || a.id - b.id);
      found.sort(compare);
      const { start, limit } = query;
      const begin =
        'offset' in start
          ? start.offset
          : 'after' in start
            ? found.filter((incident) => compare(incident, start.after) <= 0).length
            : Math.max(found.filter((incident) => compare(incident, start.before) < 0).length - limit, 0);
      const end =
        'before' in start
          ? found.filter((incident) => compare(incident, start.before) < 0).length
          : Math.min(begin + limit, found.length);
      const counted = Object.entries(query).some(([name, value]) => value !== undefined && !COUNTED.has(name))
        ? MAX_COUNTED
        : Infinity;
      const incidents = found.slice(begin, end);
      const [first, last] = [incidents[0], incidents.at(-1)];
      return {
        incidents,
        previous: first && ('after' in start || begin > 0) ? { before: first } : undefined,
        next: last && ('before' in start || end < found.length) ? { after: last } : undefined,
        total: Math.min(found.length, counted),
        totalIsExact: found.length <= counted,
      };
    },
  };

  readonly similar: SimilarIncidents = {
    find: async ({ id, text }) => {
      const key = trigramsOf(comparedPartOf(text));
      const open = [...this.incidents.values()].filter((other) => other.id !== id && isOpen(other.status));
      const candidates = open.map((incident) => {
        const first = this.events.get(incident.id)![0] as IncidentEvent & { text: string };
        const compared = comparedPartOf(first.text);
        const textSimilarity = shareOfCommon(key, trigramsOf(compared));
        return { id: incident.id, incident: copyOf(incident)!, text: compared, textSimilarity };
      });
      return rankSimilar(text, candidates)
        .slice(0, MAX_SIMILAR)
        .map(({ incident, similarity, matchedBy }) => ({ incident, similarity, matchedBy }));
    },
  };
  /** Appends a reminder to the history of an incident. */
  remind(id: IncidentId, event: ReminderEvent): void {
    const { state } = this.incidents.get(id)!;
    this.incidents.set(id, new Incident({ ...state, version: event.seq, updatedAt: event.at }));
    this.events.get(id)!.push(event);
  }

  stateOf(id: IncidentId): IncidentState {
    return this.incidents.get(id)!.state;
  }

  eventsOf(id: IncidentId): readonly IncidentEvent[] {
    return this.events.get(id)!;
  }

  readonly history: IncidentHistory = {
    page: async (id: IncidentId, after: number, limit: number): Promise<IncidentEventPage | undefined> => {
      const events = this.events.get(id)?.filter(({ seq }) => seq > after);
      return events && { events: events.slice(0, limit), more: events.length > limit };
    },
  };
}

function copyOf(incident: Incident | undefined): Incident | undefined {
  return incident && new Incident({ ...incident.state });
}

/** As pg_trgm has them: three characters in a row of each word, which has two blanks before it and one behind it. */
function trigramsOf(text: string): ReadonlySet<string> {
  const words = foldedText(text).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const padded = words.map((word) => `  ${word} `);
  return new Set(
    padded.flatMap((word) => Array.from({ length: word.length - 2 }, (_, i) => word.slice(i, i + 3))),
  );
}

function shareOfCommon(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  const common = [...some].filter((trigram) => others.has(trigram)).length;
  return common === 0 ? 0 : common / (some.size + others.size - common);
}

const foldedText = (text: string) => text.normalize('NFC').toLowerCase().replaceAll('ς', 'σ');

/** What a list may have without its total being a lower bound. */
const COUNTED = new Set(['statuses', 'sources', 'order', 'limit', 'start']);

function matches(incident: Incident, query: IncidentQuery): boolean {
  const { status, source, channel, createdAt, description, dedupKey, urgent, assignee, origin, duplicateOf } =
    incident.state;
  const { attention } = incident;
  return (
    (query.statuses?.includes(status) ?? true) &&
    (query.sources?.includes(source) ?? true) &&
    (query.channels?.includes(channel) ?? true) &&
    (query.dedupKey === undefined || dedupKey === query.dedupKey) &&
    (query.duplicateOf === undefined || duplicateOf === query.duplicateOf) &&
    (query.origin === undefined || origin === query.origin) &&
    (query.chats?.includes(chatOf(origin) ?? '') ?? true) &&
    (query.urgent === undefined || urgent === query.urgent) &&
    (query.assignee === undefined || assignee === (query.assignee ?? undefined)) &&
    (query.untaken === undefined || UNTAKEN.includes(attention) === query.untaken) &&
    (!query.createdFrom || createdAt >= query.createdFrom) &&
    (!query.createdTo || createdAt < query.createdTo) &&
    (query.text === undefined || foldedText(description).includes(foldedText(query.text)))
  );
}

const keyId = ({ scope, key }: RequestKey) => `${scope} ${key}`;

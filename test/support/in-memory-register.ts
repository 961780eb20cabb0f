import { IncidentHistory, type IncidentEventPage } from '../../src/application/ports/incident-history.js';
import {
  IncidentList,
  MAX_COUNTED,
  type IncidentPage,
  type IncidentQuery,
  type Position,
} from '../../src/application/ports/incident-list.js';
import type { IncidentEvent, Report } from '../../src/domain/incident/incident-events.js';
import { IncidentRepository } from '../../src/domain/incident/incident-repository.js';
import { Incident, type IncidentId } from '../../src/domain/incident/incident.js';

/** The register's ports over a map; held to the same contract as PostgreSQL. */
export class InMemoryRegister {
  private readonly incidents = new Map<IncidentId, Incident>();
  private readonly events = new Map<IncidentId, IncidentEvent[]>();

  readonly repository: IncidentRepository = {
    add: async ({ description, source, actor, at }: Report) => {
      const id = this.incidents.size + 1;
      const incident = new Incident({
        id,
        description,
        status: 'NEW',
        source,
        version: 1,
        createdAt: at,
        updatedAt: at,
      });
      this.incidents.set(id, incident);
      this.events.set(id, [{ type: 'reported', seq: 1, at, actor, text: description }]);
      return incident;
    },
    find: async (id) => copyOf(this.incidents.get(id)),
    change: async (id, act) => {
      const incident = copyOf(this.incidents.get(id));
      if (!incident) return undefined;
      act(incident);
      this.incidents.set(id, incident);
      this.events.get(id)!.push(...incident.newEvents);
      return incident;
    },
  };

  readonly list: IncidentList = {
    page: async (query: IncidentQuery): Promise<IncidentPage> => {
      const found = [...this.incidents.values()].filter((incident) => matches(incident, query));
      const direction = query.order === 'oldest-first' ? 1 : -1;
      const compare = (a: Position, b: Position) =>
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
      const counted =
        query.createdFrom || query.createdTo || query.text !== undefined ? MAX_COUNTED : Infinity;
      return {
        incidents: found.slice(begin, end),
        hasPrevious: 'after' in start || begin > 0,
        hasNext: 'before' in start || end < found.length,
        total: Math.min(found.length, counted),
        totalIsExact: found.length <= counted,
      };
    },
  };

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

function matches({ status, source, createdAt, description }: Incident, query: IncidentQuery): boolean {
  return (
    (query.statuses?.includes(status) ?? true) &&
    (query.sources?.includes(source) ?? true) &&
    (!query.createdFrom || createdAt >= query.createdFrom) &&
    (!query.createdTo || createdAt < query.createdTo) &&
    (query.text === undefined || description.toLowerCase().includes(query.text.toLowerCase()))
  );
}

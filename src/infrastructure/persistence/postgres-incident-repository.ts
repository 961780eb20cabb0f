import { Injectable } from '@nestjs/common';
import type { IncidentEvent, Report } from '../../domain/incident/incident-events.js';
import { IncidentRepository } from '../../domain/incident/incident-repository.js';
import { Incident, type IncidentId } from '../../domain/incident/incident.js';
import { RegisterMetrics } from '../metrics/register-metrics.js';
import { Coalescer, type Outcome } from './coalescer.js';
import { LIMITS } from './connection.js';
import { hasChangedNothing } from './database-errors.js';
import { Database } from './database.js';
import { ADD, FIND, SAVE } from './incident-statements.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident.row.js';

interface ChangeRequest {
  readonly id: IncidentId;
  readonly act: (incident: Incident) => void;
}

/** A chain of changes of one incident, made in memory. */
interface Chain {
  readonly from: Incident;
  current: Incident;
  readonly events: IncidentEvent[];
}

const COMMON = { isRefusal: hasChangedNothing, maxQueued: 10_000, worthwhile: 16, patience: LIMITS.total } as const;

/** Incidents in PostgreSQL. Requests that arrive together share statements, and so round trips and commits. */
@Injectable()
export class PostgresIncidentRepository extends IncidentRepository {
  private readonly adding = new Coalescer<Report, Incident>({
    ...COMMON,
    send: (reports, deadline) => this.addAll(reports, deadline),
    maxBatch: 256,
    maxInFlight: 2,
  });

  private readonly finding = new Coalescer<IncidentId, Incident | undefined>({
    ...COMMON,
    send: (ids, deadline) => this.findAll(ids, deadline),
    maxBatch: 256,
    maxInFlight: 2,
  });

  private readonly changing = new Coalescer<ChangeRequest, Incident | undefined>({
    ...COMMON,
    send: (requests, deadline) => this.changeAll(requests, deadline),
    keyOf: ({ id }) => id,
    maxBatch: 256,
    maxInFlight: 2,
  });

  constructor(
    private readonly database: Database,
    private readonly metrics: RegisterMetrics,
  ) {
    super();
  }

  add(report: Report): Promise<Incident> {
    return this.adding.submit(report);
  }

  find(id: IncidentId): Promise<Incident | undefined> {
    return this.finding.submit(id);
  }

  change(id: IncidentId, act: (incident: Incident) => void): Promise<Incident | undefined> {
    return this.changing.submit({ id, act });
  }

  private async addAll(reports: readonly Report[], deadline: number): Promise<Outcome<Incident>[]> {
    const values = [
      reports.map(({ description }) => description),
      reports.map(({ source }) => source),
      reports.map(({ at }) => at.toISOString()),
      reports.map(({ actor }) => actor),
    ];
    const rows = await this.database.query<{ id: number }>(ADD, values, deadline);
    return reports.map(({ description, source, at }, i) => {
      this.metrics.reported(source);
      const { id } = rows[i]!;
      const state = {
        id,
        description,
        status: 'NEW',
        source,
        version: 1,
        createdAt: at,
        updatedAt: at,
      } as const;
      return { value: new Incident(state) };
    });
  }

  private async findAll(
    ids: readonly IncidentId[],
    deadline: number,
  ): Promise<Outcome<Incident | undefined>[]> {
    const found = await this.load(ids, deadline);
    return ids.map((id) => ({ value: found.get(id) }));
  }

  /** The incidents with these ids as they are now; those that many ask for are shared. */
  private async load(ids: readonly IncidentId[], deadline: number): Promise<Map<IncidentId, Incident>> {
    const rows = await this.database.query<IncidentRow>(FIND, [[...new Set(ids)]], deadline);
    return new Map(rows.map((row) => [row.id, toIncident(row)]));
  }

  /**
   * Loads, lets each request act, and saves what has not changed meanwhile; the rest begins again. Within this process
   * an incident is in one batch at a time, so only another process can come in between.
   */
  private async changeAll(
    requests: readonly ChangeRequest[],
    deadline: number,
  ): Promise<Outcome<Incident | undefined>[]> {
    const outcomes = new Map<ChangeRequest, Outcome<Incident | undefined>>();
    let open = requests;
    let anySaved = false;
    while (open.length > 0) {
      try {
        const loaded = await this.load(
          open.map(({ id }) => id),
          deadline,
        );
        const chains = new Map<IncidentId, Chain>();
        for (const request of open) outcomes.set(request, actOn(loaded.get(request.id), request, chains));
        const saved = await this.save([...chains.values()], deadline);
        anySaved ||= saved.size > 0;
        open = open.filter(({ id }) => chains.has(id) && !saved.has(id));
      } catch (error) {
        // Once something is saved, the batch must not be tried again as a whole.
        if (!anySaved) throw error;
        for (const request of open) outcomes.set(request, { error });
        break;
      }
    }
    return requests.map((request) => outcomes.get(request)!);
  }

  /** The ids of those that were saved. */
  private async save(chains: readonly Chain[], deadline: number): Promise<ReadonlySet<IncidentId>> {
    if (chains.length === 0) return new Set();
    const rows = await this.database.query<{ id: number }>(SAVE, valuesOf(chains), deadline);
    const saved = new Set(rows.map(({ id }) => id));
    for (const { from, events } of chains) if (saved.has(from.id)) this.metrics.changed(events);
    return saved;
  }
}

/** Lets a request act on the incident as the requests before it have left it. */
function actOn(
  loaded: Incident | undefined,
  { id, act }: ChangeRequest,
  chains: Map<IncidentId, Chain>,
): Outcome<Incident | undefined> {
  const chain = chains.get(id);
  const before = chain?.current ?? loaded;
  if (!before) return { value: undefined };
  // A copy, since a request that throws may have done half of its work.
  const after = new Incident(before.state);
  try {
    act(after);
  } catch (error) {
    return { error };
  }
  if (chain) {
    chain.current = after;
    chain.events.push(...after.newEvents);
  } else if (after.newEvents.length > 0) {
    chains.set(id, { from: before, current: after, events: [...after.newEvents] });
  }
  return { value: after };
}

function valuesOf(chains: readonly Chain[]): unknown[] {
  const events = chains.flatMap(({ from, events }) => events.map((event) => ({ id: from.id, event })));
  const each = <Value>(value: (event: IncidentEvent) => Value) => events.map(({ event }) => value(event));
  return [
    chains.map(({ from }) => from.id),
    chains.map(({ from }) => from.version),
    chains.map(({ current }) => current.description),
    chains.map(({ current }) => current.status),
    chains.map(({ current }) => current.version),
    chains.map(({ current }) => current.updatedAt.toISOString()),
    events.map(({ id }) => id),
    each((event) => event.seq),
    each((event) => event.type),
    each((event) => event.at.toISOString()),
    each((event) => event.actor),
    each((event) => (event.type === 'status_changed' ? event.from : null)),
    each((event) => (event.type === 'status_changed' ? event.to : null)),
    each((event) => (event.type === 'status_changed' ? null : event.text)),
  ];
}

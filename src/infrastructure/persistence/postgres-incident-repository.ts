import { Injectable } from '@nestjs/common';
import type { IncidentEvent, Report } from '../../domain/incident/incident-events.js';
import { IncidentRepository } from '../../domain/incident/incident-repository.js';
import { Incident, type IncidentId } from '../../domain/incident/incident.js';
import { RegisterMetrics } from '../metrics/register-metrics.js';
import { Database } from './database.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident.row.js';

// One statement each, hence one round trip: an incident and its history are written together or not at all.
const ADD = `
  WITH incident AS (
    INSERT INTO incidents (description, status, source, version, created_at, updated_at)
    VALUES ($1, 'NEW', $2, 1, $3, $3)
    RETURNING id
  )
  INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
  SELECT id, 1, 'reported', $3, $4, $1 FROM incident
  RETURNING incident_id AS id`;

const COLUMNS = 'id, description, status, source, version, created_at, updated_at';
const FIND = `SELECT ${COLUMNS} FROM incidents WHERE id = $1`;

const SAVE = `
  WITH incident AS (
    UPDATE incidents SET description = $2, status = $3, version = $4, updated_at = $5 WHERE id = $1
  )
  INSERT INTO incident_events (incident_id, seq, type, at, actor, from_status, to_status, text)
  SELECT $1, * FROM unnest(
    $6::integer[], $7::incident_event_type[], $8::timestamptz[], $9::text[],
    $10::incident_status[], $11::incident_status[], $12::text[])`;

@Injectable()
export class PostgresIncidentRepository extends IncidentRepository {
  constructor(
    private readonly database: Database,
    private readonly metrics: RegisterMetrics,
  ) {
    super();
  }

  async add({ description, source, actor, at }: Report): Promise<Incident> {
    const [row] = await this.database.query<{ id: number }>(ADD, [description, source, at, actor]);
    this.metrics.reported(source);
    return new Incident({
      id: row!.id,
      description,
      status: 'NEW',
      source,
      version: 1,
      createdAt: at,
      updatedAt: at,
    });
  }

  async find(id: IncidentId): Promise<Incident | undefined> {
    const [row] = await this.database.query<IncidentRow>(FIND, [id]);
    return row && toIncident(row);
  }

  async change(id: IncidentId, act: (incident: Incident) => void): Promise<Incident | undefined> {
    const changed = await this.database.transaction(async (query) => {
      const [row] = await query<IncidentRow>(`${FIND} FOR UPDATE`, [id]);
      if (!row) return undefined;
      const incident = toIncident(row);
      act(incident);
      if (incident.newEvents.length > 0) await query(SAVE, valuesOf(incident));
      return incident;
    });
    if (changed) this.metrics.changed(changed.newEvents);
    return changed;
  }
}

function valuesOf(incident: Incident): unknown[] {
  const { id, description, status, version, updatedAt, newEvents } = incident;
  const each = <Value>(value: (event: IncidentEvent) => Value) => newEvents.map(value);
  return [
    id,
    description,
    status,
    version,
    updatedAt,
    each((event) => event.seq),
    each((event) => event.type),
    each((event) => event.at),
    each((event) => event.actor),
    each((event) => (event.type === 'status_changed' ? event.from : null)),
    each((event) => (event.type === 'status_changed' ? event.to : null)),
    each((event) => (event.type === 'status_changed' ? null : event.text)),
  ];
}

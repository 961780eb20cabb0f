import { EVENT_COLUMNS } from '../incidents/incident-statements.js';
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import type { IncidentId } from '../../../domain/incident/incident.js';
import { Database, type Statement } from '../connection/database.js';
import type { IncidentEventRow } from '../incidents/incident-event.row.js';
import { toEvent } from '../incidents/incident.mapper.js';

/** For how long a shard belongs to a process, in milliseconds. */
export const LEASE = 30_000;

/** How many shards are taken at once, and how many events of each: several processes are to have something to do. */
const SHARDS = 4;
const EVENTS = 500;

/** How many waiting events are counted at most. */
export const MAX_WAITING = 100_000;

export const REGISTER: Statement = {
  name: 'register-event-consumer',
  text: 'INSERT INTO event_consumers (name, since) VALUES ($1, now()) ON CONFLICT (name) DO NOTHING',
};

export const RECORD_SEEN: Statement = {
  name: 'record-event-consumer-seen',
  text: 'UPDATE event_consumers SET last_seen_at = now() WHERE name = $1',
};

export const CONSUMERS: Statement = {
  name: 'list-event-consumers',
  text: `
    SELECT name, greatest(extract(epoch FROM now() - last_seen_at), 0)::float8 AS "lastSeenAge" FROM event_consumers`,
};

/**
 * Shards that have something waiting and belong to nobody, in turn; those that others are taking at this moment are passed
 * over. What this process has itself is there where it has failed between taking and giving back.
 */
export const TAKE: Statement = {
  name: 'take-event-shards',
  text: `
    WITH free AS (
      SELECT shard FROM event_shards
      WHERE (leased_until < now() OR leased_by = $1)
        AND EXISTS (SELECT FROM event_outbox WHERE event_outbox.shard = event_shards.shard)
      ORDER BY leased_until LIMIT ${SHARDS} FOR UPDATE SKIP LOCKED
    )
    UPDATE event_shards SET leased_by = $1, leased_until = now() + ${LEASE} * interval '1 millisecond'
    FROM free WHERE event_shards.shard = free.shard
    RETURNING event_shards.shard`,
};

/** What waits in these shards, the events of an incident in their order. */
export const WAITING: Statement = {
  name: 'waiting-events',
  text: `
    SELECT waiting.shard, incident_id, ${EVENT_COLUMNS}
    FROM unnest($1::smallint[]) AS taken (shard),
      LATERAL (
        SELECT shard, incident_id, seq FROM event_outbox WHERE event_outbox.shard = taken.shard
        ORDER BY shard, incident_id, seq LIMIT ${EVENTS}
      ) AS waiting
      JOIN incident_events AS event USING (incident_id, seq)
    ORDER BY waiting.shard, incident_id, seq`,
};

export const FORGET: Statement = {
  name: 'forget-events',
  text: `
    DELETE FROM event_outbox USING unnest($1::smallint[], $2::bigint[], $3::integer[]) AS sent (shard, incident_id, seq)
    WHERE event_outbox.shard = sent.shard AND event_outbox.incident_id = sent.incident_id
      AND event_outbox.seq = sent.seq`,
};

export const GIVE_BACK: Statement = {
  name: 'give-back-event-shards',
  text: 'UPDATE event_shards SET leased_by = NULL, leased_until = now() WHERE leased_by = $1',
};

export const MEASURE: Statement = {
  name: 'measure-event-outbox',
  text: `
    SELECT count(*) AS size, coalesce(extract(epoch FROM now() - min(at)), 0)::float8 AS age
    FROM (SELECT at FROM event_outbox LIMIT ${MAX_WAITING}) AS waiting`,
};

/** An event that waits to be passed on. */
export interface WaitingEvent {
  readonly shard: number;
  readonly incidentId: IncidentId;
  readonly event: IncidentEvent;
}

/** Somebody for whom events are queued, and how many seconds ago a process last said that it works for it. */
export interface EventConsumer {
  readonly name: string;
  readonly lastSeenAge: number;
}

/** Events that this process alone may pass on, until the lease ends. */
export interface TakenEvents {
  /** Those of one incident stand in their order. */
  readonly events: readonly WaitingEvent[];
  /** In milliseconds of `performance.now()`: past it others may pass them on. */
  readonly until: number;
}

/** The queue of events that are to be passed on, as one process works it off; all of it may be StoreUnavailable. */
@Injectable()
export class EventOutbox {
  private readonly owner = randomUUID();

  constructor(private readonly database: Database) {}

  /** From now on, events are queued. Those of before are not. */
  async register(consumer: string): Promise<void> {
    await this.database.query(REGISTER, [consumer]);
  }

  /** Says that a process works for the consumer. */
  async recordSeen(consumer: string): Promise<void> {
    await this.database.query(RECORD_SEEN, [consumer]);
  }

  /** All consumers, those among them whose processes have ended. */
  consumers(): Promise<EventConsumer[]> {
    return this.database.query<{ name: string; lastSeenAge: number }>(CONSUMERS);
  }

  /** Takes some of what waits; nothing where nothing waits, or others have it. */
  async take(): Promise<TakenEvents> {
    const until = performance.now() + LEASE;
    const taken = await this.database.query<{ shard: number }>(TAKE, [this.owner]);
    if (taken.length === 0) return { events: [], until };
    // Not in the statement above: that does not see what the previous owner has taken out at the last moment.
    const rows = await this.database.query<IncidentEventRow & { shard: number }>(WAITING, [
      taken.map(({ shard }) => shard),
    ]);
    const events = rows.map((row) => ({
      shard: row.shard,
      incidentId: row.incident_id,
      event: toEvent(row),
    }));
    return { events, until };
  }

  /** These have been passed on, whoever they belong to by now. */
  async forget(events: readonly WaitingEvent[]): Promise<void> {
    await this.database.query(FORGET, [
      events.map(({ shard }) => shard),
      events.map(({ incidentId }) => incidentId),
      events.map(({ event }) => event.seq),
    ]);
  }

  /** Others may take what belongs to this process. */
  async giveBack(): Promise<void> {
    await this.database.query(GIVE_BACK, [this.owner]);
  }

  /** How many events wait, up to `MAX_WAITING`, and for how many seconds the oldest of them has. */
  async measure(): Promise<{ readonly size: number; readonly age: number }> {
    const [row] = await this.database.query<{ size: number; age: number }>(MEASURE);
    return { size: row!.size, age: Math.max(row!.age, 0) };
  }
}

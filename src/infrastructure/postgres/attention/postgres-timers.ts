import { Injectable } from '@nestjs/common';
import { type EvaluatedIncident, type Timer, Timers } from '../../../application/attention/timers.js';
import type { AttentionFacts } from '../../../domain/attention/reminders.js';
import type { ReminderPurpose } from '../../../domain/incident/incident-events.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { ReminderMetrics } from '../../prometheus/reminder-metrics.js';
import { Database } from '../connection/database.js';
import type { IncidentRow } from '../incidents/incident-columns.js';
import {
  COMPLETE_TIMERS,
  completionValues,
  FIND_FACTS,
  LEASE_TIMERS,
  SET_TIMERS,
  timerValues,
} from './timer-statements.js';

interface FactsRow extends Pick<
  IncidentRow,
  'id' | 'version' | 'status' | 'source' | 'channel' | 'urgent' | 'assignee' | 'updated_at' | 'origin'
> {
  readonly stage_seq: number;
  readonly stage_at: Date;
  readonly reminder_seq: number | null;
  readonly reminder_at: Date | null;
  readonly purpose: ReminderPurpose | null;
  readonly reminder_number: number | null;
}

/** Timers in PostgreSQL, as leased rows. */
@Injectable()
export class PostgresTimers extends Timers {
  constructor(
    private readonly database: Database,
    private readonly metrics: ReminderMetrics,
  ) {
    super();
  }

  async facts(
    ids: readonly IncidentId[],
    sources: readonly IncidentSource[],
    isChanged: boolean,
  ): Promise<readonly AttentionFacts[]> {
    return (await this.database.query<FactsRow>(FIND_FACTS, [ids, sources, isChanged])).map(toFacts);
  }

  async set(timers: readonly Timer[]): Promise<void> {
    if (timers.length > 0) await this.database.query(SET_TIMERS, timerValues(timers));
  }

  async lease(now: Date, limit: number): Promise<readonly AttentionFacts[]> {
    return (await this.database.query<FactsRow>(LEASE_TIMERS, [isoTime(now), limit])).map(toFacts);
  }

  async complete(evaluated: readonly EvaluatedIncident[], leasedAt: Date): Promise<number> {
    const values = completionValues(evaluated, leasedAt);
    const saved = await this.database.change<{ id: number }>(COMPLETE_TIMERS, values);
    const ids = new Set(saved.map(({ id }) => id));
    for (const { facts, event } of evaluated) if (event && ids.has(facts.id)) this.metrics.added(event);
    return ids.size;
  }
}

function toFacts(row: FactsRow): AttentionFacts {
  const { id, version, status, source, channel, urgent } = row;
  return {
    id,
    version,
    status,
    source,
    channel,
    urgent,
    assignee: row.assignee ?? undefined,
    updatedAt: row.updated_at,
    origin: row.origin ?? undefined,
    stageStart: { seq: row.stage_seq, at: row.stage_at },
    lastReminder:
      row.reminder_seq === null
        ? undefined
        : {
            seq: row.reminder_seq,
            at: row.reminder_at!,
            purpose: row.purpose!,
            number: row.reminder_number!,
          },
  };
}

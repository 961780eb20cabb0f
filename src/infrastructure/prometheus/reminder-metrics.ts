import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Clock } from '../../application/operations/clock.js';
import { REMINDER_PURPOSES, type ReminderEvent } from '../../domain/incident/incident-events.js';
import { OVERDUE } from '../postgres/attention/timer-statements.js';
import { Database } from '../postgres/connection/database.js';
import { type PreboundSeries, PreboundCounter } from './prebound-counter.js';
import { registerStoreGauges } from './store-gauges.js';

const GAUGES = {
  overdue: {
    name: 'timers_overdue_seconds',
    help: 'How long the oldest timer that is due has waited for a process; 0 without one.',
  },
};

/** Counts reminders, and says whether any are late. */
@Injectable()
export class ReminderMetrics {
  private readonly series = new Map<string, PreboundSeries>();

  constructor(registry: Registry, database: Database, clock: Clock) {
    const reminders = new PreboundCounter(
      registry,
      'incident_reminders_total',
      'Reminders and escalations that this process has added to histories.',
      ['type', 'purpose'],
    );
    for (const purpose of REMINDER_PURPOSES)
      this.series.set(`reminded ${purpose}`, reminders.series({ type: 'reminded', purpose }));
    this.series.set('escalated take', reminders.series({ type: 'escalated', purpose: 'take' }));
    registerStoreGauges(registry, GAUGES, async ({ overdue }) => {
      const [row] = await database.query<{ seconds: number }>(OVERDUE, [clock.now()]);
      overdue.set(row!.seconds);
    });
  }

  /** Counts an event that was committed. */
  added({ type, purpose }: ReminderEvent): void {
    this.series.get(`${type} ${purpose}`)!.count++;
  }
}

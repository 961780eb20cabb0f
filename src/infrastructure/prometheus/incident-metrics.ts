import { Injectable } from '@nestjs/common';
import { Histogram, Registry } from 'prom-client';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { Incident } from '../../domain/incident/incident.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../domain/incident/incident-source.js';
import { allowedFrom } from '../../domain/incident/incident-state-machine.js';
import { INCIDENT_STATUSES } from '../../domain/incident/incident-status.js';
import { type PreboundSeries, PreboundCounter } from './prebound-counter.js';

/** From a minute to a week, in seconds. */
const DURATION_BUCKETS = [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200, 604_800];

/** Metrics of what this process has committed. */
@Injectable()
export class IncidentMetrics {
  private readonly created = {} as Record<IncidentSource, PreboundSeries>;
  private readonly transitions = new Map<string, PreboundSeries>();
  private readonly timeToTake: Histogram<'source'>;
  private readonly timeToResolve: Histogram<'source'>;

  constructor(registry: Registry) {
    const created = new PreboundCounter(
      registry,
      'incidents_created_total',
      'Incidents created by this process.',
      ['source'],
    );
    const transitions = new PreboundCounter(
      registry,
      'incident_transitions_total',
      'Status changes of incidents made by this process.',
      ['from', 'to'],
    );
    const durations = { labelNames: ['source'] as const, buckets: DURATION_BUCKETS, registers: [registry] };
    this.timeToTake = new Histogram({
      ...durations,
      name: 'incident_time_to_take_seconds',
      help: 'Time from the report of an incident until somebody first took it, of incidents taken by this process.',
    });
    this.timeToResolve = new Histogram({
      ...durations,
      name: 'incident_time_to_resolve_seconds',
      help: 'Time from the report of an incident until it was resolved, for each resolution by this process.',
    });
    for (const source of INCIDENT_SOURCES) {
      this.timeToTake.zero({ source });
      this.timeToResolve.zero({ source });
    }
    for (const source of INCIDENT_SOURCES) this.created[source] = created.series({ source });
    for (const from of INCIDENT_STATUSES) {
      for (const to of allowedFrom(from)) {
        this.transitions.set(`${from} ${to}`, transitions.series({ from, to }));
      }
    }
  }

  reported(source: IncidentSource): void {
    this.created[source].count++;
  }

  /** Counts committed events of an incident. @param before the incident before them. */
  changed(before: Incident, events: readonly IncidentEvent[]): void {
    const { source, createdAt, takenAt } = before.state;
    const secondsUntil = ({ at }: IncidentEvent) => (at.getTime() - createdAt.getTime()) / 1_000;
    const taking = takenAt ? undefined : events.find((event) => 'assignee' in event);
    if (taking) this.timeToTake.observe({ source }, secondsUntil(taking));
    for (const event of events) {
      if (event.type === 'status_changed' && event.to === 'RESOLVED')
        this.timeToResolve.observe({ source }, secondsUntil(event));
      if (event.type === 'status_changed' || event.type === 'reopened') {
        this.transitions.get(`${event.from} ${event.to}`)!.count++;
      }
    }
  }
}

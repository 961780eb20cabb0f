import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../domain/incident/incident-source.js';
import { allowedFrom } from '../../domain/incident/incident-state-machine.js';
import { INCIDENT_STATUSES } from '../../domain/incident/incident-status.js';
import { type PreboundSeries, PreboundCounter } from './prebound-counter.js';

/** Counters of what this process has committed. */
@Injectable()
export class IncidentMetrics {
  private readonly created = {} as Record<IncidentSource, PreboundSeries>;
  private readonly transitions = new Map<string, PreboundSeries>();

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

  changed(events: readonly IncidentEvent[]): void {
    for (const event of events) {
      if (event.type === 'status_changed' || event.type === 'reopened') {
        this.transitions.get(`${event.from} ${event.to}`)!.count++;
      }
    }
  }
}

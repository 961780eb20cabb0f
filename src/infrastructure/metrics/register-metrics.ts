import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../domain/incident/incident-source.js';
import { IncidentStateMachine } from '../../domain/incident/incident-state-machine.js';
import { INCIDENT_STATUSES } from '../../domain/incident/incident-status.js';

/** What this process has committed. */
@Injectable()
export class RegisterMetrics {
  private readonly created: Counter<'source'>;
  private readonly transitions: Counter<'from' | 'to'>;

  constructor(registry: Registry, stateMachine: IncidentStateMachine) {
    this.created = new Counter({
      name: 'incidents_created_total',
      help: 'Incidents taken into the register by this process.',
      labelNames: ['source'],
      registers: [registry],
    });
    this.transitions = new Counter({
      name: 'incident_transitions_total',
      help: 'Status changes of incidents made by this process.',
      labelNames: ['from', 'to'],
      registers: [registry],
    });
    // A counter that starts at zero lets the first event be seen by rate().
    for (const source of INCIDENT_SOURCES) this.created.inc({ source }, 0);
    for (const from of INCIDENT_STATUSES) {
      for (const to of stateMachine.allowedFrom(from)) this.transitions.inc({ from, to }, 0);
    }
  }

  reported(source: IncidentSource): void {
    this.created.inc({ source });
  }

  changed(events: readonly IncidentEvent[]): void {
    for (const event of events) {
      if (event.type === 'status_changed' || event.type === 'recurred')
        this.transitions.inc({ from: event.from, to: event.to });
    }
  }
}

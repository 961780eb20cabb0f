import type { IncidentState } from '../../src/domain/incident/incident-state.js';
import { Incident } from '../../src/domain/incident/incident.js';

export const NOON = new Date('2026-11-20T12:00:00.000Z');

/** A time after noon. */
export const later = (milliseconds: number) => new Date(NOON.getTime() + milliseconds);

class IncidentBuilder {
  private state: IncidentState = Incident.reported(1, {
    description: 'Самокат #42 оффлайн',
    source: 'monitoring',
    actor: 'admin',
    channel: 'rest',
    at: NOON,
  }).state;

  with(state: Partial<IncidentState>): this {
    this.state = { ...this.state, ...state };
    return this;
  }

  build(): Incident {
    return new Incident(this.state);
  }
}

/** A NEW incident, reported at noon by default. */
export const anIncident = () => new IncidentBuilder();

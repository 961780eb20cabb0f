import { IllegalTransition } from './incident-errors.js';
import type { IncidentStatus } from './incident-status.js';
import type { Change, Incident } from './incident.js';

// RESOLVED goes back to IN_PROGRESS when the one who reported it does not confirm the fix.
const NEXT = {
  NEW: ['IN_PROGRESS'],
  IN_PROGRESS: ['RESOLVED'],
  RESOLVED: ['IN_PROGRESS', 'CLOSED'],
  CLOSED: [],
} as const satisfies Record<IncidentStatus, readonly IncidentStatus[]>;

/** Which status may follow which: the only way to move an incident. */
export class IncidentStateMachine {
  /** The statuses that may follow this one; empty for a final one. */
  allowedFrom(status: IncidentStatus): readonly IncidentStatus[] {
    return NEXT[status];
  }

  /** @throws IllegalTransition for every move that is not in the table, that to the same status among them. */
  move(incident: Incident, to: IncidentStatus, change: Change): void {
    const allowed = this.allowedFrom(incident.status);
    if (!allowed.includes(to)) throw new IllegalTransition(incident.status, to, allowed);
    incident.changeStatus(to, change);
  }

  /**
   * Takes in a further report of the same problem: what was RESOLVED is not, and goes back to IN_PROGRESS.
   * @throws InvalidText where the text is not fit for the register.
   */
  repeat(incident: Incident, text: string, change: Change): void {
    if (incident.status === 'RESOLVED') incident.recur('IN_PROGRESS', text, change);
    else incident.repeat(text, change);
  }
}

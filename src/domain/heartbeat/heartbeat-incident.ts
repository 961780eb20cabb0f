import type { IncidentChannel } from '../incident/incident-channel.js';
import type { Report } from '../incident/incident-state.js';
import type { Incident } from '../incident/incident.js';
import { isOpen } from '../incident/incident-status.js';
import { MAX_DESCRIPTION_LENGTH, textLength } from '../incident/incident-text.js';
import type { HeartbeatAction } from './evaluation.js';
import type { Heartbeat } from './heartbeat.js';
import { recoveryText, reportText } from './heartbeat-texts.js';

/** The channel of the incidents that heartbeats make. */
export const HEARTBEAT_CHANNEL: IncidentChannel = 'heartbeats';

/** The actor of their reports and changes in the history. */
export const HEARTBEAT_ACTOR = 'heartbeats';

const PROVENANCE = { actor: HEARTBEAT_ACTOR, channel: HEARTBEAT_CHANNEL } as const;

/**
 * The report of a problem. A heartbeat has one incident that is not closed at most.
 * @param output what the job sent with its failure; undefined without it.
 */
export function reportOf(
  heartbeat: Heartbeat,
  action: Extract<HeartbeatAction, { readonly type: 'report' }>,
  output: Buffer | undefined,
  at: Date,
): Report & { readonly dedupKey: string } {
  const { name, source, urgent } = heartbeat;
  const description = reportText(heartbeat, action, output);
  return { ...PROVENANCE, description, source, urgent, dedupKey: name, at };
}

/**
 * Resolves the incident of a heartbeat whose job reports again, by the shortest legal path. One that people have resolved gets the text only, and
 * one whose description is full gets none.
 */
export function resolveIncident(
  incident: Incident,
  heartbeat: Heartbeat,
  action: Extract<HeartbeatAction, { readonly type: 'resolve' }>,
  at: Date,
): void {
  const change = { ...PROVENANCE, at };
  const text = recoveryText(heartbeat, action);
  if (textLength(incident.description) + 1 + textLength(text) <= MAX_DESCRIPTION_LENGTH)
    incident.append(text, change);
  if (isOpen(incident.status)) incident.moveTo('RESOLVED', change, 'shortest', null);
}

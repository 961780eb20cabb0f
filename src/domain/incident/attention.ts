import { type IncidentStatus, isOpen } from './incident-status.js';

/**
 * How soon somebody should look at an incident: the lowest first. Open and urgent: 0 if nobody works on it, else 1. Open and not
 * urgent: 2 if nobody works on it, else 3. RESOLVED: 4. CLOSED: 5.
 */
export const ATTENTIONS = [0, 1, 2, 3, 4, 5] as const;

export type Attention = (typeof ATTENTIONS)[number];

/** The values of open incidents that nobody works on. */
export const UNTAKEN: readonly Attention[] = [0, 2];

/** What `attention` depends on. */
interface Circumstances {
  readonly status: IncidentStatus;
  readonly urgent: boolean;
  readonly assignee: string | undefined;
}

export function attentionOf({ status, urgent, assignee }: Circumstances): Attention {
  if (!isOpen(status)) return status === 'RESOLVED' ? 4 : 5;
  if (urgent) return assignee === undefined ? 0 : 1;
  return assignee === undefined ? 2 : 3;
}

import type { Episode, Episodes } from '../../../application/intake/alert-episodes.js';
import type { Alert } from './notification.js';

/**
 * For how long after the end of an episode its firing alerts count as late. Alertmanager stops retrying a notification after its
 * group interval. An alert that arrives later than this really fires: Alertmanager resolves alerts that Prometheus has not
 * confirmed for some minutes, and when Prometheus recovers, the alert has the same start as before.
 */
const LATE_WINDOW_MS = 60 * 60 * 1_000;

/** The episodes of the firing or of the resolved alerts. Alerts without a start have none. */
export function episodesOf(alerts: readonly Alert[], isFiring: boolean): Episode[] {
  return alerts.flatMap((alert) =>
    alert.isFiring === isFiring && alert.startsAt
      ? [{ dedupKey: alert.dedupKey, startsAt: alert.startsAt }]
      : [],
  );
}

/** Whether the episode of the alert, or a later one, was resolved. */
export function isResolved({ startsAt }: Alert, known: Episodes | undefined): boolean {
  return startsAt !== undefined && known?.resolved !== undefined && startsAt <= known.resolved;
}

/** Whether the episode of the alert, or a later one, was reported. */
export function wasReported({ startsAt }: Alert, known: Episodes | undefined): boolean {
  return startsAt !== undefined && known?.reported !== undefined && startsAt <= known.reported;
}

/** Until when firing alerts of the latest resolved episode count as late, in milliseconds of the epoch. */
export function lateUntil({ resolvedAt }: Episodes): number {
  return (resolvedAt?.getTime() ?? 0) + LATE_WINDOW_MS;
}

/**
 * Whether a later episode than that of this resolved alert was reported. The comparison uses its end, not its start: if several
 * Prometheus servers send an alert, Alertmanager merges overlapping episodes and moves the start back.
 */
export function hasFiredSince({ startsAt, endsAt }: Alert, known: Episodes | undefined): boolean {
  if (!startsAt || !known?.reported) return false;
  return (endsAt && endsAt > startsAt ? endsAt : startsAt) < known.reported;
}

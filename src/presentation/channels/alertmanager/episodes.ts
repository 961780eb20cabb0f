import type { Episode, Episodes } from '../../../application/intake/alert-episodes.js';
import type { Alert } from './notification.js';

/**
 * How long after the end of an episode a firing alert of it is taken for one that comes late, in milliseconds. Alertmanager
 * gives up a notification after its group interval. What comes later fires: Alertmanager resolves by itself what Prometheus
 * has not confirmed for some minutes, and when Prometheus is back, the alert has the same beginning as before.
 */
const LATE_MS = 60 * 60 * 1_000;

/** The episodes of the alerts that fire, or of those that are resolved. */
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

/** Until when an alert of the episode that was resolved last comes late, in milliseconds of the epoch. */
export function lateUntil({ resolvedAt }: Episodes): number {
  return (resolvedAt?.getTime() ?? 0) + LATE_MS;
}

/**
 * Whether a later episode has been reported than the one that this alert says is over. Its end counts, not its beginning:
 * where several Prometheis send an alert, Alertmanager merges what overlaps and moves the beginning back.
 */
export function hasFiredSince({ startsAt, endsAt }: Alert, known: Episodes | undefined): boolean {
  if (!startsAt || !known?.reported) return false;
  return (endsAt && endsAt > startsAt ? endsAt : startsAt) < known.reported;
}

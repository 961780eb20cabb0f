import { hash } from 'node:crypto';
import { ownTurn, turnPause } from '../../../shared/event-loop-turns.js';
import { dedupKeyError } from '../../http/validation/text-fields.js';
import { parseJson } from '../../http/body/parse-json.js';
import { parseTimestamp } from '../../http/validation/timestamps.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { type Fact, isObject, type ReportText } from '../report-text.js';
import { alertText, type StringMap } from './alert-text.js';

/** An alert, with what the register uses of it. */
export interface Alert {
  readonly isFiring: boolean;
  /** Identifies the alert: its fingerprint, a digest of its labels, within its cluster. */
  readonly dedupKey: string;
  /** The start of this episode, which identifies it; undefined if the sender does not give it. */
  readonly startsAt: Date | undefined;
  /** When the episode ended; undefined while it lasts. */
  readonly endsAt: Date | undefined;
  readonly text: ReportText;
  /** The alert as it was sent. */
  readonly json: unknown;
}

/** An invalid alert, with the reason. */
export interface UnreadableAlert {
  readonly reason: string;
  readonly json: unknown;
}

/** The sender of a notification. */
interface Sender {
  /** The cluster of the alerts; undefined if the URL does not name it. */
  readonly cluster: string | undefined;
  /** The principal of the access key. */
  readonly principal: string;
}

/** Larger notifications are parsed in their own turn of the event loop. */
const LARGE_BYTES = 64 * 1024;

/** More omitted alerts than this are counted as so many: the counter that adds them up must stay finite. */
const MAX_OMITTED_ALERTS = 1_000_000;

/** A parsed notification. */
export interface Notification {
  /** A digest of what it says about the alerts: a retry has the same, also if another Alertmanager of the cluster sends it. */
  readonly digest: Buffer;
  readonly alerts: readonly Alert[];
  /** How many alerts the sender omitted. */
  readonly truncatedAlerts: number;
  readonly unreadable: readonly UnreadableAlert[];
}

/**
 * Parses the payload of a webhook; returns the reason if it is no notification. Unknown members are ignored, so that a newer
 * Alertmanager can add some. Similar payloads, such as Grafana's, are validated alert by alert, whatever version they name.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 * https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
 *
 * A large payload is parsed in several turns of the event loop, between which other requests are processed.
 */
export async function readNotification(
  payload: Buffer,
  { cluster, principal }: Sender,
): Promise<Notification | string> {
  let json: unknown;
  if (payload.length > LARGE_BYTES) await ownTurn(principal);
  try {
    json = parseJson(payload, 'body');
  } catch (error) {
    if (error instanceof HttpProblem) return error.message;
    throw error;
  }
  if (!isObject(json)) return 'The body must be a JSON object.';
  const { receiver, groupKey, alerts, externalURL, truncatedAlerts } = json;
  if (!Array.isArray(alerts)) return 'alerts must be a list.';
  const isCount = Number.isInteger(truncatedAlerts) && (truncatedAlerts as number) > 0;
  const truncated = isCount ? Math.min(truncatedAlerts as number, MAX_OMITTED_ALERTS) : 0;
  const externalUrl = typeof externalURL === 'string' ? externalURL : '';
  const readable: Alert[] = [];
  const unreadable: UnreadableAlert[] = [];
  for (const alert of alerts) {
    const pause = turnPause();
    if (pause) await pause;
    const parsed = parseAlert(alert, { cluster, externalUrl, truncatedAlerts: truncated });
    if (typeof parsed === 'string') unreadable.push({ reason: parsed, json: alert });
    else readable.push({ ...parsed, json: alert });
  }
  if (payload.length > LARGE_BYTES) await ownTurn(principal);
  return {
    // Without externalURL, which differs between the Alertmanagers of a cluster.
    digest: hash('sha256', JSON.stringify([receiver, groupKey, alerts, cluster]), 'buffer'),
    alerts: readable,
    truncatedAlerts: truncated,
    unreadable,
  };
}

/** What all alerts of a notification have in common. */
interface Context {
  readonly cluster: string | undefined;
  readonly externalUrl: string;
  readonly truncatedAlerts: number;
}

/** String members, with their labels in the text of the incident. All but the first are Grafana's. */
const STRING_MEMBERS = {
  generatorURL: 'Source',
  dashboardURL: 'Dashboard',
  panelURL: 'Panel',
  imageURL: 'Image',
  valueString: 'Values',
} as const;

function parseAlert(alert: unknown, context: Context): Omit<Alert, 'json'> | string {
  if (!isObject(alert)) return 'An alert must be a JSON object.';
  const { status, fingerprint } = alert;
  // Go encodes a nil map as null, as Grafana does for alerts without annotations.
  const labels = alert['labels'] ?? {};
  const annotations = alert['annotations'] ?? {};
  if (status !== 'firing' && status !== 'resolved') return 'status must be "firing" or "resolved".';
  const fingerprintError = dedupKeyError(fingerprint);
  if (fingerprintError) return `fingerprint ${fingerprintError}.`;
  const dedupKey = context.cluster ? `${context.cluster}/${fingerprint as string}` : (fingerprint as string);
  if (!isStringMap(labels)) return 'labels must be an object of strings.';
  if (!isStringMap(annotations)) return 'annotations must be an object of strings.';
  const invalidMember = [...Object.keys(STRING_MEMBERS), 'silenceURL'].find(
    (name) => !isStringOrAbsent(alert[name]),
  );
  if (invalidMember) return `${invalidMember} must be a string.`;
  const startsAt = parseTime(alert['startsAt']);
  if (startsAt === null) return 'startsAt must be a date-time of RFC 3339.';
  const endsAt = parseTime(alert['endsAt']);
  if (endsAt === null) return 'endsAt must be a date-time of RFC 3339.';
  return {
    isFiring: status === 'firing',
    dedupKey,
    startsAt,
    endsAt,
    text: alertText(labels, annotations, [
      ['Cluster', context.cluster],
      ['Started', startsAt?.toISOString()],
      ...Object.entries(STRING_MEMBERS).map(([name, label]): Fact => [label, alert[name] as string]),
      ['Silence', (alert['silenceURL'] as string) || silenceUrl(labels, context.externalUrl)],
      ['Sent by', context.externalUrl],
      ['Alerts that the sender omitted from this notification', String(context.truncatedAlerts || '')],
    ]),
  };
}

/** The page of Alertmanager's console that silences an alert with these labels. */
function silenceUrl(labels: StringMap, externalUrl: string): string {
  if (externalUrl === '') return '';
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${externalUrl}/#/silences/new?filter=${encodeURIComponent(`{${matchers.join(',')}}`.toWellFormed())}`;
}

/** Go's zero time, which means that there is none. */
const NO_TIME = /^0001-01-01T00:00:00(\.0+)?Z$/;

/** The time of a member; undefined if it has none, null if it is invalid. */
function parseTime(value: unknown): Date | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return null;
  return NO_TIME.test(value) ? undefined : (parseTimestamp(value) ?? null);
}

function isStringOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function isStringMap(json: unknown): json is StringMap {
  return isObject(json) && Object.values(json).every((value) => typeof value === 'string');
}

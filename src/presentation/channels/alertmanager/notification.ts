import { hash } from 'node:crypto';
import { ownTurn, turnPause } from '../../../shared/event-loop-turns.js';
import { dedupKeyError } from '../../http/validation/is-dedup-key.js';
import { parseJson } from '../../http/body/parse-json.js';
import { parseTimestamp } from '../../http/validation/timestamps.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { type AlertText, alertText, type Fact, type Texts } from './alert-text.js';

/** An alert, as far as the register has use for it. */
export interface Alert {
  readonly isFiring: boolean;
  /** What tells it from all other alerts: its fingerprint, which is a digest of its labels, within its cluster. */
  readonly dedupKey: string;
  /** When this episode of it began, by which it is told from earlier and later ones; undefined where the sender does not say. */
  readonly startsAt: Date | undefined;
  /** When the episode ended; undefined while it lasts. */
  readonly endsAt: Date | undefined;
  readonly text: AlertText;
  /** All of it. */
  readonly json: unknown;
}

/** An alert that cannot be understood, and why. */
export interface UnreadableAlert {
  readonly reason: string;
  readonly json: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/** Whose notification it is. */
export interface Sender {
  /** Whose alerts these are, where the URL says it. */
  readonly cluster: string | undefined;
  /** Of the access key. */
  readonly principal: string;
}

/** A notification of so many bytes is not read in the same turn of the event loop as another one. */
const LARGE_BYTES = 64 * 1024;

/** A notification, as far as it can be understood. */
export interface Notification {
  /** A digest of all that it says of the alerts: when it is sent again, by the same one or the other of a pair, it has the same. */
  readonly digest: Buffer;
  readonly alerts: readonly Alert[];
  /** How many alerts the sender has left out of it. */
  readonly truncatedAlerts: number;
  readonly unreadable: readonly UnreadableAlert[];
}

/**
 * The notification in a webhook's payload, or why there is none. Members that are not known are passed over, so that a newer
 * Alertmanager can say more; what resembles its payload, such as Grafana's, is judged alert by alert, whatever version it names.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 * https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
 *
 * A large one is read in several turns of the event loop, between which others are served.
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
  const truncated = typeof truncatedAlerts === 'number' && truncatedAlerts > 0 ? truncatedAlerts : 0;
  const context = {
    cluster,
    externalUrl: typeof externalURL === 'string' ? externalURL : '',
    truncatedAlerts: truncated,
  };
  const read: (Alert | UnreadableAlert)[] = [];
  for (const alert of alerts) {
    const pause = turnPause();
    if (pause) await pause;
    read.push(readAlert(alert, context));
  }
  if (payload.length > LARGE_BYTES) await ownTurn(principal);
  return {
    // Without externalURL: each of a pair has its own.
    digest: hash('sha256', JSON.stringify([receiver, groupKey, alerts, cluster]), 'buffer'),
    alerts: read.filter(isReadable),
    truncatedAlerts: truncated,
    unreadable: read.filter(isUnreadable),
  };
}

/** What a notification says of all its alerts. */
interface Context {
  readonly cluster: string | undefined;
  readonly externalUrl: string;
  readonly truncatedAlerts: number;
}

function isReadable(alert: Alert | UnreadableAlert): alert is Alert {
  return !isUnreadable(alert);
}

function isUnreadable(alert: Alert | UnreadableAlert): alert is UnreadableAlert {
  return 'reason' in alert;
}

function readAlert(json: unknown, context: Context): Alert | UnreadableAlert {
  const alert = alertIn(json, context);
  return typeof alert === 'string' ? { reason: alert, json } : { ...alert, json };
}

/** Members that are texts, by the names that they have in the text of the incident. All but the first are Grafana's. */
const TEXT_MEMBERS = {
  generatorURL: 'Source',
  dashboardURL: 'Dashboard',
  panelURL: 'Panel',
  imageURL: 'Image',
  valueString: 'Values',
} as const;

function alertIn(alert: unknown, context: Context): Omit<Alert, 'json'> | string {
  if (!isObject(alert)) return 'An alert must be a JSON object.';
  const { status, fingerprint } = alert;
  // Go writes an empty map, and Grafana alerts without annotations, as null.
  const labels = alert['labels'] ?? {};
  const annotations = alert['annotations'] ?? {};
  if (status !== 'firing' && status !== 'resolved') return 'status must be "firing" or "resolved".';
  const problem = dedupKeyError(fingerprint);
  if (problem) return `fingerprint ${problem}.`;
  const dedupKey = context.cluster ? `${context.cluster}/${fingerprint as string}` : (fingerprint as string);
  if (!isTexts(labels)) return 'labels must be an object of texts.';
  if (!isTexts(annotations)) return 'annotations must be an object of texts.';
  const unfit = [...Object.keys(TEXT_MEMBERS), 'silenceURL'].find((name) => !isTextOrAbsent(alert[name]));
  if (unfit) return `${unfit} must be a text.`;
  const startsAt = timeIn(alert['startsAt']);
  if (startsAt === null) return 'startsAt must be a date-time of RFC 3339.';
  const endsAt = timeIn(alert['endsAt']);
  if (endsAt === null) return 'endsAt must be a date-time of RFC 3339.';
  return {
    isFiring: status === 'firing',
    dedupKey,
    startsAt,
    endsAt,
    text: alertText(labels, annotations, [
      ['Cluster', context.cluster],
      ['Started', startsAt?.toISOString()],
      ...Object.entries(TEXT_MEMBERS).map(([name, label]): Fact => [label, alert[name] as string]),
      ['Silence', (alert['silenceURL'] as string) || silenceUrl(labels, context.externalUrl)],
      ['Sent by', context.externalUrl],
      ['Alerts that the sender left out of this notification', leftOut(context)],
    ]),
  };
}

function leftOut({ truncatedAlerts }: Context): string {
  return truncatedAlerts === 0 ? '' : String(truncatedAlerts);
}

/** The page of Alertmanager's console on which an alert with these labels is silenced. */
function silenceUrl(labels: Texts, externalUrl: string): string {
  if (externalUrl === '') return '';
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${externalUrl}/#/silences/new?filter=${encodeURIComponent(`{${matchers.join(',')}}`.toWellFormed())}`;
}

/** Go's zero time, which stands for none. */
const NO_TIME = /^0001-01-01T00:00:00(\.0+)?Z$/;

/** The time that a member has; undefined where it has none, null where it has something else. */
function timeIn(value: unknown): Date | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return null;
  return NO_TIME.test(value) ? undefined : (parseTimestamp(value) ?? null);
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function isTexts(json: unknown): json is Texts {
  return isObject(json) && Object.values(json).every((value) => typeof value === 'string');
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

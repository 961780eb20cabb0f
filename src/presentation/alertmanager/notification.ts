import { hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { dedupKeyProblem } from '../http/is-dedup-key.js';
import { jsonIn } from '../http/json-bytes.js';
import { HttpProblem } from '../http/problems.js';

/** An alert, as far as the register has use for it. */
export interface Alert {
  readonly isFiring: boolean;
  /** Alertmanager's own name for it: a digest of its labels. */
  readonly fingerprint: string;
  /** What is wrong, in words. */
  readonly text: string;
  /** All of it. */
  readonly json: unknown;
}

/** An alert that cannot be understood, and why. */
export interface UnreadableAlert {
  readonly reason: string;
  readonly json: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/** A notification, as far as it can be understood. */
export interface Notification {
  /** A digest of all that it says of the alerts: when it is sent again, by the same one or the other of a pair, it has the same. */
  readonly digest: Buffer;
  readonly alerts: readonly Alert[];
  readonly unreadable: readonly UnreadableAlert[];
}

/**
 * The notification in a webhook's payload, version 4, or why there is none. Members that are not known are passed over, so that
 * a newer Alertmanager can say more.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 *
 * A large one is read in several turns of the event loop, between which others are served.
 */
export async function readNotification(payload: Buffer): Promise<Notification | string> {
  let json: unknown;
  try {
    json = jsonIn(payload, 'body');
  } catch (error) {
    if (error instanceof HttpProblem) return error.message;
    throw error;
  }
  if (!isObject(json)) return 'The body must be a JSON object.';
  const { version, receiver, groupKey, alerts } = json;
  if (version !== '4') return `version must be "4", not ${JSON.stringify(version)}.`;
  if (!Array.isArray(alerts)) return 'alerts must be a list.';
  await turn();
  const read = alerts.map(readAlert);
  await turn();
  return {
    // Without externalURL: each of a pair has its own.
    digest: hash('sha256', JSON.stringify([receiver, groupKey, alerts]), 'buffer'),
    alerts: read.filter(isReadable),
    unreadable: read.filter(isUnreadable),
  };
}

function isReadable(alert: Alert | UnreadableAlert): alert is Alert {
  return !isUnreadable(alert);
}

function isUnreadable(alert: Alert | UnreadableAlert): alert is UnreadableAlert {
  return 'reason' in alert;
}

function readAlert(json: unknown): Alert | UnreadableAlert {
  const alert = alertIn(json);
  return typeof alert === 'string' ? { reason: alert, json } : { ...alert, json };
}

function alertIn(alert: unknown): Omit<Alert, 'json'> | string {
  if (!isObject(alert)) return 'An alert must be a JSON object.';
  const { status, fingerprint, labels, annotations = {}, generatorURL = '' } = alert;
  if (status !== 'firing' && status !== 'resolved') return 'status must be "firing" or "resolved".';
  const problem = dedupKeyProblem(fingerprint);
  if (problem) return `fingerprint ${problem}.`;
  if (!isTexts(labels)) return 'labels must be an object of texts.';
  if (!isTexts(annotations)) return 'annotations must be an object of texts.';
  if (typeof generatorURL !== 'string') return 'generatorURL must be a text.';
  return {
    isFiring: status === 'firing',
    fingerprint: fingerprint as string,
    text: textOf(labels, annotations, generatorURL),
  };
}

function textOf(labels: Texts, annotations: Texts, generatorUrl: string): string {
  const { alertname = 'An alert without a name', ...others } = labels;
  const { summary, description } = annotations;
  const named = Object.entries(others).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [
    summary ? `${alertname}: ${summary}` : alertname,
    description === summary ? undefined : description,
    named.join(', '),
    generatorUrl,
  ]
    .filter(Boolean)
    .join('\n');
}

type Texts = Readonly<Record<string, string>>;

function isTexts(json: unknown): json is Texts {
  return isObject(json) && Object.values(json).every((value) => typeof value === 'string');
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

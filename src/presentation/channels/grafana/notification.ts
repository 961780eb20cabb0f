import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import type { ChannelAction } from '../channel-actions.js';
import type { TranslatedMessage } from '../http-receiver.js';
import { type Fact, factsOf, isObject, type Json, reportText, textOf } from '../report-text.js';

const LABELS = {
  startsAt: 'Started',
  generatorURL: 'Source',
  dashboardURL: 'Dashboard',
  panelURL: 'Panel',
  imageURL: 'Image',
  silenceURL: 'Silence',
  valueString: 'Values',
  values: 'Values',
} as const;

/**
 * Translates a notification of a contact point. Each alert is judged by itself: a notification that is "resolved" may have alerts
 * that still fire.
 */
export function translateNotification(body: Buffer): TranslatedMessage[] {
  const json = parseJson(body, 'body');
  if (!isObject(json)) throw malformed('The body must be a JSON object.');
  const { alerts, externalURL, orgId, version, truncatedAlerts } = json;
  if (!Array.isArray(alerts)) throw malformed('alerts must be a list.');
  const omitted = typeof truncatedAlerts === 'number' && truncatedAlerts > 0 ? truncatedAlerts : undefined;
  const common: readonly Fact[] = factsOf(
    { externalURL, orgId, omitted },
    {
      externalURL: 'Sent by',
      orgId: 'Organization',
      omitted: 'Alerts that the sender omitted from this notification',
    },
  );
  return alerts.map((alert: unknown) => {
    const payload = Buffer.from(JSON.stringify({ version, externalURL, orgId, alerts: [alert] }));
    const action = isObject(alert) ? actionOf(alert, common) : 'An alert must be a JSON object.';
    return typeof action === 'string' ? { payload, report: { unreadable: action } } : { payload, action };
  });
}

function actionOf(alert: Json, common: readonly Fact[]): ChannelAction | string {
  const { status, fingerprint, endsAt: _end, labels, annotations, ...others } = alert;
  const dedupKey = textOf(fingerprint);
  if (dedupKey === undefined) return 'fingerprint must be a text.';
  if (status === 'resolved') return { kind: 'change', to: 'RESOLVED', dedupKey };
  if (status !== 'firing') return 'status must be "firing" or "resolved".';
  const { alertname, ...named } = isObject(labels) ? labels : {};
  const { summary, description, ...more } = isObject(annotations) ? annotations : {};
  const name = textOf(alertname) ?? 'An alert without a name';
  const text = reportText(
    [textOf(summary) === undefined ? name : `${name}: ${summary as string}`, textOf(description)],
    [
      ...factsOf(more),
      [
        'Labels',
        Object.entries(named)
          .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
          .join(', '),
      ],
      ...factsOf(others, LABELS),
      ...common,
    ],
  );
  return { kind: 'report', text, dedupKey };
}

const malformed = (detail: string) => new HttpProblem('request.malformed-body', detail);

import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { personError } from '../../http/validation/text-fields.js';
import type { ChannelAction } from '../channel-actions.js';
import type { Parameters } from '../channel-receiver.js';
import type { TranslatedMessage } from '../http-receiver.js';
import { type Fact, factsOf, isObject, type Json, reportText, textOf } from '../report-text.js';

const LABELS = {
  shortId: 'Issue',
  culprit: 'Culprit',
  level: 'Level',
  platform: 'Platform',
  project: 'Project',
  firstSeen: 'First seen',
  lastSeen: 'Last seen',
  web_url: 'Link',
  triggered_rule: 'Rule',
  alert_rule: 'Rule',
  date_started: 'Started',
} as const;

/** The header that says what a request is about. */
const RESOURCE = 'sentry-hook-resource';

/** The urgent levels of issues and of metric alerts. */
const URGENT = new Set<unknown>(['fatal', 'critical']);

type Translation = (action: unknown, data: Json) => ChannelAction;

const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  issue: issueAction,
  event_alert: issueAlertAction,
  metric_alert: metricAlertAction,
};

/**
 * Translates a webhook of an integration. Issues and issue alerts have the same cause, the issue; other resources, such as comments, are
 * about no incident.
 * https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
 */
export function translateEvent(body: Buffer, { [RESOURCE]: resource }: Parameters): TranslatedMessage[] {
  const json = parseJson(body, 'body');
  const data = isObject(json) ? json['data'] : undefined;
  if (!isObject(json) || !isObject(data)) throw malformed('The body must be an object with data.');
  if (resource === undefined) throw malformed('The header Sentry-Hook-Resource is required.');
  const { action } = json;
  const translate = Object.hasOwn(TRANSLATIONS, resource) ? TRANSLATIONS[resource] : undefined;
  const reason = `A webhook of the resource ${resource}.`;
  return [{ payload: body, action: translate?.(action, data) ?? { kind: 'archive', reason } }];
}

function issueAction(action: unknown, { issue, ...others }: Json): ChannelAction {
  if (!isObject(issue)) throw malformed('data.issue must be an object.');
  const dedupKey = `issue/${idIn(issue, 'id')}`;
  if (action === 'resolved') return { kind: 'change', to: 'RESOLVED', dedupKey };
  if (action === 'assigned') {
    const { assignedTo } = issue;
    const name = isObject(assignedTo) ? assignedTo['name'] : undefined;
    const taker = personError(name) === undefined ? (name as string) : undefined;
    return { kind: 'change', to: 'IN_PROGRESS', dedupKey, taker };
  }
  if (action !== 'created' && action !== 'unresolved')
    return { kind: 'archive', reason: `An issue: ${String(action)}.` };
  const { id: _id, title, ...rest } = issue;
  return reportOf(dedupKey, [title], [...factsOf(rest, LABELS), ...factsOf(others)], issue['level']);
}

function issueAlertAction(_action: unknown, { event, ...others }: Json): ChannelAction {
  if (!isObject(event)) throw malformed('data.event must be an object.');
  const { issue_id: _id, title, ...rest } = event;
  const facts = [...factsOf(others, LABELS), ...factsOf(rest, LABELS)];
  return reportOf(`issue/${idIn(event, 'issue_id')}`, [title], facts, event['level']);
}

function metricAlertAction(action: unknown, data: Json): ChannelAction {
  const { metric_alert: alert, description_title: title, description_text: text, ...others } = data;
  if (!isObject(alert)) throw malformed('data.metric_alert must be an object.');
  const dedupKey = `metric-alert/${idIn(alert, 'id')}`;
  if (action === 'resolved') return { kind: 'change', to: 'RESOLVED', dedupKey };
  const facts = [...factsOf(others, LABELS), ...factsOf(alert, LABELS)];
  return reportOf(dedupKey, [title ?? alert['title'], text], facts, action);
}

function reportOf(
  dedupKey: string,
  lines: readonly unknown[],
  facts: readonly Fact[],
  level: unknown,
): ChannelAction {
  return { kind: 'report', text: reportText(lines.map(textOf), facts), dedupKey, urgent: URGENT.has(level) };
}

/** An id, which is a text or a number. */
function idIn(json: Json, name: string): string {
  const id = json[name];
  if (typeof id === 'number' || textOf(id) !== undefined) return String(id);
  throw malformed(`${name} must be an id.`);
}

const malformed = (detail: string) => new HttpProblem('request.malformed-body', detail);

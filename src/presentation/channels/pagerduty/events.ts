import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import type { ChannelAction } from '../channel-actions.js';
import { IncompleteMessage, type TranslatedMessage } from '../http-receiver.js';
import {
  type Fact,
  factsOf,
  isObject,
  type Json,
  type ReportText,
  reportText,
  textOf,
} from '../report-text.js';

const PAYLOAD_LABELS = {
  source: 'Source',
  severity: 'Severity',
  component: 'Component',
  group: 'Group',
  class: 'Class',
  timestamp: 'Time',
} as const;

const EVENT_LABELS = { client: 'Sent by', client_url: 'Sent from' } as const;

/** The integration key of an event, which is an access key here. */
export function routingKeyOf(body: Buffer): string | undefined {
  try {
    const json = parseJson(body, 'body');
    return isObject(json) ? textOf(json['routing_key']) : undefined;
  } catch (error) {
    if (error instanceof HttpProblem) return undefined;
    throw error;
  }
}

/**
 * Translates an event of the Events API v2. Its severity may be missing or written in any case: senders do that.
 * https://developer.pagerduty.com/docs/events-api-v2-overview
 */
export function translateEvent(body: Buffer): TranslatedMessage[] {
  const event = eventIn(body);
  const { event_action: action, dedup_key: dedupKey } = event;
  const missing = missingIn(event, ['event_action']);
  if (missing.length > 0) throw new IncompleteMessage(missing);
  if (action === 'trigger') return [{ payload: body, action: triggerOf(event) }];
  const to = action === 'resolve' ? 'RESOLVED' : action === 'acknowledge' ? 'IN_PROGRESS' : undefined;
  if (to === undefined) {
    throw new IncompleteMessage([
      "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    ]);
  }
  // These have no payload; where a client sends one, it repeats that of the trigger.
  if (textOf(dedupKey) === undefined) throw new IncompleteMessage(missingIn(event, ['dedup_key']));
  return [{ payload: body, action: { kind: 'change', to, dedupKey: dedupKey as string } }];
}

/** Translates a change event, which is about no incident. */
export function translateChange(body: Buffer): TranslatedMessage[] {
  const { payload } = eventIn(body);
  if (!isObject(payload)) throw new IncompleteMessage(["'payload' is missing or blank"]);
  const missing = missingIn(payload, ['summary'], 'payload.');
  if (missing.length > 0) throw new IncompleteMessage(missing);
  const reason = `A change event: ${payload['summary'] as string}`;
  return [{ payload: body, action: { kind: 'archive', reason } }];
}

function eventIn(body: Buffer): Json {
  const json = parseJson(body, 'body');
  if (isObject(json)) return json;
  throw new HttpProblem('request.malformed-body', 'The body must be a JSON object.');
}

function triggerOf({
  event_action: _action,
  routing_key: _key,
  dedup_key,
  payload,
  ...others
}: Json): ChannelAction {
  if (!isObject(payload)) throw new IncompleteMessage(["'payload' is missing or blank"]);
  const missing = missingIn(payload, ['summary', 'source'], 'payload.');
  if (missing.length > 0) throw new IncompleteMessage(missing);
  return {
    kind: 'report',
    text: textOfTrigger(payload, others),
    dedupKey: textOf(dedup_key),
    urgent: textOf(payload['severity'])?.toLowerCase() === 'critical',
  };
}

function textOfTrigger(
  { summary, custom_details: details, ...payload }: Json,
  { links, images, ...others }: Json,
): ReportText {
  return reportText(
    [summary as string],
    [
      ...factsOf(payload, PAYLOAD_LABELS),
      ...(isObject(details) ? factsOf(details) : factsOf({ details }, { details: 'Details' })),
      ...factsOf(others, EVENT_LABELS),
      ...linkFacts('Link', links, 'text'),
      ...linkFacts('Image', images, 'alt'),
    ],
  );
}

/** A line for each link or image; what is no list of them is kept as it is. */
function linkFacts(label: string, links: unknown, title: string): Fact[] {
  if (!Array.isArray(links)) return factsOf({ [label]: links });
  return links.map((link: unknown): Fact => {
    if (!isObject(link)) return [label, JSON.stringify(link)];
    const parts = [link[title], link['src'], link['href']];
    return [label, parts.filter((part) => textOf(part) !== undefined).join(' ')];
  });
}

function missingIn(json: Json, names: readonly string[], path = ''): string[] {
  return names
    .filter((name) => textOf(json[name]) === undefined)
    .map((name) => `'${path}${name}' is missing or blank`);
}

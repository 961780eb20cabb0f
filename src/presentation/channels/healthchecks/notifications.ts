import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import type { ChannelAction } from '../channel-actions.js';
import type { TranslatedMessage } from '../http-receiver.js';
import { factsOf, isObject, type Json, reportText, textOf } from '../report-text.js';

const LABELS = {
  desc: 'Description',
  tags: 'Tags',
  last_ping: 'Last ping',
  schedule: 'Schedule',
  tz: 'Time zone',
  timeout: 'Period in seconds',
  grace: 'Grace in seconds',
  now: 'Time',
} as const;

/**
 * Translates a notification: the template of the documentation, or `$JSON` alone. A notification that is sent again has the current
 * state of the check in `$JSON`; `$STATUS` is that of the notification, and counts.
 */
export function translateNotification(body: Buffer): TranslatedMessage[] {
  const json = parseJson(body, 'body');
  if (!isObject(json)) throw malformed('The body must be a JSON object.');
  const isWrapped = isObject(json['check']);
  const { check, ...notification } = isWrapped ? json : { check: json };
  return [{ payload: body, action: actionOf(check as Json, notification) }];
}

function actionOf(check: Json, { status: sent, code, ...others }: Json): ChannelAction {
  const { name, slug, status: current, ping_url: pingUrl, ...rest } = check;
  const status = sent ?? current;
  const id = textOf(code) ?? textOf(pingUrl)?.split('/').at(-1) ?? textOf(rest['unique_key']) ?? textOf(slug);
  if (id === undefined) throw malformed('The notification must name its check: code, ping_url or slug.');
  if (status === 'up') return { kind: 'change', to: 'RESOLVED', dedupKey: id };
  if (status !== 'down') throw malformed('status must be "down" or "up".');
  // Without the address of pings: who reads the incident could send one.
  const text = reportText([`${textOf(name) ?? id} is down`], factsOf({ ...rest, ...others }, LABELS));
  return { kind: 'report', text, dedupKey: id };
}

const malformed = (detail: string) => new HttpProblem('request.malformed-body', detail);

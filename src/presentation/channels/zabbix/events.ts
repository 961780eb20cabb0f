import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { personError } from '../../http/validation/text-fields.js';
import type { ChannelAction } from '../channel-actions.js';
import type { TranslatedMessage } from '../http-receiver.js';
import { factsOf, isObject, type Json, reportText, textOf } from '../report-text.js';

const LABELS = {
  host_name: 'Host',
  host_ip: 'Address',
  event_severity: 'Severity',
  event_time: 'Time',
  event_opdata: 'Data',
  event_tags: 'Tags',
  event_id: 'Event',
  trigger_id: 'Trigger',
  trigger_description: 'Description',
  trigger_url: 'Link',
} as const;

/** What Zabbix writes for a macro that has no value, and how it leaves one that it does not know. */
const NO_VALUE = /^(?:\*UNKNOWN\*|\{[A-Z.$]+\})$/;

/** The severity "Disaster". */
const DISASTER = '5';

/** Translates an event as the script of the media type sends it: a problem, an update or a recovery. */
export function translateEvent(body: Buffer): TranslatedMessage[] {
  const json = parseJson(body, 'body');
  if (!isObject(json)) throw malformed('The body must be a JSON object.');
  const known = Object.fromEntries(
    Object.entries(json).filter(([, value]) => typeof value !== 'string' || !NO_VALUE.test(value)),
  );
  return [{ payload: body, action: actionOf(known) }];
}

function actionOf(event: Json): ChannelAction {
  const {
    event_source: source,
    event_value: value,
    event_update_status: updateStatus,
    event_update_action: updateAction,
    event_update_message: note,
    event_update_user: user,
    event_name: name,
    event_nseverity: severity,
    alert_subject: subject,
    alert_message: message,
    ...others
  } = event;
  const id = textOf(others['event_id']);
  if (id === undefined) throw malformed('event_id must be a text.');
  const dedupKey = `event/${id}`;
  if (updateStatus === '1') {
    const isAcknowledged = /(?<!un)acknowledged/.test(textOf(updateAction) ?? '');
    const text = textOf(note) === undefined ? undefined : reportText([textOf(note)], factsOf({ User: user }));
    const taker = personError(user) === undefined ? (user as string) : undefined;
    return { kind: 'change', dedupKey, text, ...(isAcknowledged && { to: 'IN_PROGRESS', taker }) };
  }
  // Only triggers recover; what other sources report ends by a person.
  if (source === '0' && value === '0') return { kind: 'change', to: 'RESOLVED', dedupKey };
  const title = textOf(name) ?? textOf(subject);
  if (title === undefined) throw malformed('event_name or alert_subject must be a text.');
  const text = reportText([title, message === title ? undefined : textOf(message)], factsOf(others, LABELS));
  return { kind: 'report', text, dedupKey, urgent: severity === DISASTER };
}

const malformed = (detail: string) => new HttpProblem('request.malformed-body', detail);

import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import type { ChannelAction } from '../channel-actions.js';
import type { Parameters } from '../channel-receiver.js';
import type { TranslatedMessage } from '../http-receiver.js';
import { factsOf, isObject, type Json, reportText, textOf } from '../report-text.js';

/** What Uptime Kuma calls the states of a heartbeat. */
const DOWN = 0;
const UP = 1;

/** The end of the text of the button "Test", after the name of the notification. */
const TEST = / Testing$/;

const FORM = /^(?:multipart\/form-data|application\/x-www-form-urlencoded)\b/i;

/**
 * Translates a notification: as JSON, or as a form with JSON in its field `data`. An outage has no id of its own, so that the monitor
 * identifies it.
 * https://github.com/louislam/uptime-kuma/issues/4205
 */
export async function translateNotification(
  body: Buffer,
  { 'content-type': type = '' }: Parameters,
): Promise<TranslatedMessage[]> {
  const json = parseJson(FORM.test(type) ? await dataIn(body, type) : body, 'body');
  if (!isObject(json)) throw malformed('The body must be a JSON object.');
  const { heartbeat, monitor, msg, ...others } = json;
  const action =
    isObject(heartbeat) && isObject(monitor)
      ? actionOf(heartbeat, monitor, textOf(msg))
      : actionOfMessage(msg, others);
  return [{ payload: body, action }];
}

function actionOf(heartbeat: Json, monitor: Json, msg: string | undefined): ChannelAction {
  const { status, msg: reason, time, localDateTime, timezone, ...beat } = heartbeat;
  const { id, name, url, hostname, port, description, ...settings } = monitor;
  const monitorId = id ?? heartbeat['monitorID'];
  if (typeof monitorId !== 'number' && textOf(monitorId) === undefined)
    throw malformed('monitor.id must be a number or a text.');
  const dedupKey = `monitor/${String(monitorId)}`;
  // An "up" may come without a "down": then it finds no incident.
  if (status === UP) return { kind: 'change', to: 'RESOLVED', dedupKey };
  if (status !== DOWN) return { kind: 'archive', reason: `A heartbeat of the status ${String(status)}.` };
  const text = reportText(
    [msg ?? [textOf(name), textOf(reason)].filter(Boolean).join(': ')],
    [
      ...factsOf(
        { name, description, url, hostname, port, reason },
        {
          name: 'Monitor',
          description: 'Description',
          url: 'URL',
          hostname: 'Host',
          port: 'Port',
          reason: 'Reason',
        },
      ),
      ...factsOf(
        { time, localDateTime, timezone },
        { time: 'Time', localDateTime: 'Local time', timezone: 'Time zone' },
      ),
      ...factsOf({ beat, settings }, { beat: 'Heartbeat', settings: 'Settings of the monitor' }),
    ],
  );
  return { kind: 'report', text, dedupKey };
}

/** A message of no heartbeat: the test of a notification, or a certificate that expires, of which it reminds several times. */
function actionOfMessage(msg: unknown, others: Json): ChannelAction {
  const message = textOf(msg);
  if (message === undefined) throw malformed('The body must have a heartbeat and a monitor, or msg.');
  if (TEST.test(message)) return { kind: 'archive', reason: `A test of Uptime Kuma: ${message}` };
  const dedupKey = `message/${message.replaceAll(/\d+/g, '#')}`;
  return { kind: 'report', text: reportText([message], factsOf(others)), dedupKey };
}

/** The field `data` of a form. */
async function dataIn(body: Buffer, type: string): Promise<Buffer> {
  let data: unknown;
  try {
    data = (await new Response(new Uint8Array(body), { headers: { 'Content-Type': type } }).formData()).get(
      'data',
    );
  } catch (error) {
    // By its name: the parser is Node's own, whose TypeError is another one under Jest.
    if ((error as Error).name !== 'TypeError') throw error;
    throw malformed('The body is no form.');
  }
  if (typeof data !== 'string') throw malformed('The form must have a field data.');
  return Buffer.from(data);
}

const malformed = (detail: string) => new HttpProblem('request.malformed-body', detail);

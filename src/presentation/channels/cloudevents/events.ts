import { isUtf8 } from 'node:buffer';
import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import type { ChannelAction } from '../channel-actions.js';
import type { Parameters } from '../channel-receiver.js';
import type { TranslatedMessage } from '../http-receiver.js';
import { factsOf, isObject, type Json, reportText, textOf } from '../report-text.js';

const STRUCTURED = /^application\/cloudevents(?:\+json)?\s*(?:;|$)/i;
const BATCHED = /^application\/cloudevents-batch(?:\+json)?\s*(?:;|$)/i;
const JSON_DATA = /^[^;]*[/+]json\s*(?:;|$)/i;

const LABELS = { type: 'Type', source: 'Source', subject: 'Subject', time: 'Time', id: 'Event' } as const;

/** A header of the binary mode. */
const ATTRIBUTE = 'ce-';

/**
 * Translates events in structured, batched or binary mode. `source` and `id` identify an event, which takes effect once.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
export function translateEvents(body: Buffer, headers: Parameters): TranslatedMessage[] {
  const { 'content-type': type = '' } = headers;
  if (BATCHED.test(type)) {
    const events = parseJson(body, 'body');
    if (!Array.isArray(events)) throw malformed('A batch must be a list.');
    return events.map((event: unknown) => messageOf(Buffer.from(JSON.stringify([event])), event));
  }
  if (STRUCTURED.test(type)) return [messageOf(body, parseJson(body, 'body'))];
  if (headers[`${ATTRIBUTE}specversion`] !== undefined) return [messageOf(body, binaryEvent(body, headers))];
  throw malformed('The content type must be that of a CloudEvent, or the headers must have ce-specversion.');
}

function messageOf(payload: Buffer, event: unknown): TranslatedMessage {
  const action = isObject(event) ? actionOf(event) : 'An event must be a JSON object.';
  return typeof action === 'string' ? { payload, report: { unreadable: action } } : { payload, action };
}

function actionOf({ data, datacontenttype: _type, specversion, ...event }: Json): ChannelAction | string {
  if (specversion !== '1.0') return 'specversion must be "1.0".';
  const { type, source, subject, id } = event;
  const missing = Object.entries({ type, source, id }).find(([, value]) => textOf(value) === undefined)?.[0];
  if (missing !== undefined) return `${missing} is required.`;
  const message = [type, textOf(subject)].filter(Boolean).join(': ');
  const isText = typeof data === 'string';
  const text = reportText(
    [message, isText ? data : undefined],
    [...(isObject(data) ? factsOf(data) : isText ? [] : factsOf({ data })), ...factsOf(event, LABELS)],
  );
  return { kind: 'report', text, dedupKey: undefined, messageId: JSON.stringify([source, id]) };
}

/** An event whose attributes are headers, and whose data is the body. */
function binaryEvent(body: Buffer, headers: Parameters): Json {
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith(ATTRIBUTE))
    .map(([name, value]) => [name.slice(ATTRIBUTE.length), decoded(value)]);
  return { ...(Object.fromEntries(attributes) as Json), ...dataOf(body, headers['content-type'] ?? '') };
}

function dataOf(body: Buffer, type: string): Json {
  if (body.length === 0) return {};
  if (JSON_DATA.test(type)) return { data: parseJson(body, 'body') };
  return isUtf8(body) ? { data: body.toString() } : { data_base64: body.toString('base64') };
}

/** Values are percent-encoded (HTTP binding, 3.1.3.2); not all senders do that. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const malformed = (detail: string) => new HttpProblem('request.malformed-body', detail);

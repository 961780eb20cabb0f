import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { personError } from '../../http/validation/text-fields.js';
import type { ChannelAction } from '../channel-actions.js';
import type { Parameters } from '../channel-receiver.js';
import { IncompleteMessage, type Translate } from '../http-receiver.js';
import { factsOf, isObject, type Json, type ReportText, reportText, textOf } from '../report-text.js';

const LABELS = {
  priority: 'Priority',
  source: 'Source',
  entity: 'Entity',
  user: 'User',
  note: 'Note',
  tags: 'Tags',
  responders: 'Responders',
  visibleTo: 'Visible to',
  actions: 'Actions',
} as const;

/** An alias that can stand in a path, as an id does. */
const PLAIN = /^[\w-]{1,255}$/;
const ENCODED = 'b64.';

/**
 * The id of an alert: it names the alias, so that an alert can be closed by the id of its creation without a lookup.
 */
export function idOfAlias(alias: string): string {
  return PLAIN.test(alias) ? alias : `${ENCODED}${Buffer.from(alias).toString('base64url')}`;
}

function aliasIn({ identifier = '', identifierType }: Parameters): string {
  if (identifierType === 'alias' || !identifier.startsWith(ENCODED)) return identifier;
  return Buffer.from(identifier.slice(ENCODED.length), 'base64url').toString();
}

/**
 * Translates the creation of an alert. Its message has at most 130 characters, so that senders put the text into the description.
 * https://docs.opsgenie.com/docs/alert-api
 */
export const translateCreate: Translate = (body) => {
  const { message, alias, description, details, ...others } = objectIn(body);
  if (textOf(message) === undefined) throw new IncompleteMessage(['message: Message can not be empty.']);
  const text = reportText(
    [message as string, description === message ? undefined : textOf(description)],
    [...factsOf(others, LABELS), ...(isObject(details) ? factsOf(details) : factsOf({ details }))],
  );
  const urgent = others['priority'] === 'P1';
  const action: ChannelAction = { kind: 'report', text, dedupKey: textOf(alias), urgent };
  return [{ payload: body, action }];
};

/** Translates the end of an alert. */
export const translateClose: Translate = (body, parameters) => {
  const change = { kind: 'change', to: 'RESOLVED', dedupKey: aliasIn(parameters) } as const;
  return [{ payload: body, action: { ...change, text: noteIn(objectIn(body)) } }];
};

/** Translates an acknowledgement: its user takes the incident. */
export const translateAcknowledge: Translate = (body, parameters) => {
  const json = objectIn(body);
  const { user } = json;
  const change = { kind: 'change', to: 'IN_PROGRESS', dedupKey: aliasIn(parameters) } as const;
  const taker = personError(user) === undefined ? (user as string) : undefined;
  return [{ payload: body, action: { ...change, taker, text: noteIn(json) } }];
};

/** Translates a note, which is appended to the description. */
export const translateNote: Translate = (body, parameters) => {
  const text = noteIn(objectIn(body));
  if (!text) throw new IncompleteMessage(['note: Note can not be empty.']);
  return [{ payload: body, action: { kind: 'change', dedupKey: aliasIn(parameters), text } }];
};

/** The note of a change with the rest of it; undefined if it has none. */
function noteIn({ note, ...others }: Json): ReportText | undefined {
  return textOf(note) === undefined ? undefined : reportText([note as string], factsOf(others, LABELS));
}

/** The body; a change may have none. */
function objectIn(body: Buffer): Json {
  const json = body.length === 0 ? {} : parseJson(body, 'body');
  if (isObject(json)) return json;
  throw new HttpProblem('request.malformed-body', 'The body must be a JSON object.');
}

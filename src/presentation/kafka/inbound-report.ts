import { isUtf8 } from 'node:buffer';
import type { InboundMessage, MessagePlace } from '../../application/ports/broker.js';
import type { ReportIncidentCommand } from '../../application/incident/report-incident.js';
import type { IdempotencyKey } from '../../domain/idempotency.js';
import type { Author, IncidentChannel } from '../../domain/incident/incident-channel.js';
import { ACTOR_FORM, isActor } from '../http/author.js';
import { KAFKA_SCOPE, KEY, MAX_KEY_LENGTH } from '../http/idempotency-header.js';
import { ReportIncidentDto } from '../http/incidents.dto.js';
import { digestOf, MAX_BODY } from '../http/json-body.js';
import { jsonIn } from '../http/json-bytes.js';
import { HttpProblem, invalidRequest } from '../http/problems.js';
import { StrictPipe } from '../http/strict.pipe.js';

/** The channels that a message may name; it came by the first where it names none. */
const CHANNELS = ['kafka', 'telegram'] as const satisfies readonly IncidentChannel[];

/** Who reports where the message does not say it. */
export const ACTOR = 'kafka';

/** Where the keys of senders count and, apart from them, the places of messages without one, and what is tried again. */
export const SCOPE = {
  sender: KAFKA_SCOPE,
  place: 'kafka place POST /incidents',
  retry: 'kafka retry POST /incidents',
} as const;

const strict = new StrictPipe('body');

/** The place as one word. */
export const referenceOf = ({ topic, partition, offset }: MessagePlace): string =>
  `${topic}-${partition}-${offset}`;

/** The channel of the message; the first where what it names is none. */
export function channelOf(message: InboundMessage): IncidentChannel {
  const named = headerOf(message, 'channel')?.toString();
  return CHANNELS.find((channel) => channel === named) ?? CHANNELS[0];
}

/**
 * The report in this message, by the rules of the REST interface: a JSON object in UTF-8 as the value, and the headers
 * `idempotency-key`, `actor` and `channel`.
 * @throws HttpProblem where it is none.
 */
export async function reportIn(message: InboundMessage): Promise<ReportIncidentCommand> {
  const { value } = message;
  if (value === undefined) throw new HttpProblem('request.malformed-body', 'The message has no value.');
  const author = { actor: actorOf(message), channel: namedChannelOf(message) };
  return reportFrom(value, author, keyOf(message));
}

/**
 * The report in the value of a message.
 * @throws HttpProblem where it is none.
 */
export async function reportFrom(
  value: Buffer,
  author: Author,
  key: Pick<IdempotencyKey, 'scope' | 'key'>,
): Promise<ReportIncidentCommand> {
  if (value.length > MAX_BODY)
    throw new HttpProblem('request.body-too-large', `The value is over ${MAX_BODY} bytes long.`);
  const metadata = { type: 'body', metatype: ReportIncidentDto } as const;
  const body = (await strict.transform(jsonIn(value, 'value'), metadata)) as ReportIncidentDto;
  return {
    description: body.description,
    source: body.source,
    dedupKey: body.dedup_key,
    ...author,
    idempotency: { ...key, fingerprint: digestOf(value) },
  };
}

function keyOf(message: InboundMessage): Pick<IdempotencyKey, 'scope' | 'key'> {
  const header = headerOf(message, 'idempotency-key');
  if (!header) return { scope: SCOPE.place, key: referenceOf(message) };
  const key = header.toString('latin1');
  if (!KEY.test(key))
    throw invalid(
      'idempotency-key',
      `idempotency-key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters`,
    );
  return { scope: SCOPE.sender, key };
}

function actorOf(message: InboundMessage): string {
  const header = headerOf(message, 'actor');
  if (!header) return ACTOR;
  const actor = header.toString();
  if (!isUtf8(header) || !isActor(actor)) throw invalid('actor', `actor must be ${ACTOR_FORM}, in UTF-8`);
  return actor;
}

function namedChannelOf(message: InboundMessage): IncidentChannel {
  const channel = channelOf(message);
  const named = headerOf(message, 'channel')?.toString() ?? channel;
  if (named !== channel) throw invalid('channel', `channel must be one of ${CHANNELS.join(', ')}`);
  return channel;
}

/** As with the headers of HTTP, case does not matter; of several the last counts, as for Kafka's own clients. */
function headerOf({ headers }: InboundMessage, name: string): Buffer | undefined {
  return headers.findLast(([given]) => given.toLowerCase() === name)?.[1];
}

function invalid(header: string, detail: string): HttpProblem {
  return invalidRequest([{ in: 'header', pointer: `/${header}`, detail }]);
}

import { isUtf8 } from 'node:buffer';
import type { InboundMessage, MessagePosition } from '../../../application/intake/message-broker.js';
import type { ReportIncidentCommand } from '../../../application/incident/report-incident.js';
import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { Provenance, IncidentChannel } from '../../../domain/incident/incident-channel.js';
import type { RawMessage } from '../../../domain/quarantine/quarantined-message.js';
import { actorError } from '../../http/auth/provenance.js';
import { KAFKA_SCOPE, KEY, KEY_SCOPE, MAX_KEY_LENGTH } from '../../http/headers/idempotency-key.js';
import { ReportIncidentDto } from '../../api/incidents/incidents.dto.js';
import { digestOf, MAX_BODY_BYTES } from '../../http/body/json-body.js';
import { parseJson } from '../../http/body/parse-json.js';
import { HttpProblem, invalidRequest } from '../../http/problems/problems.js';
import { StrictPipe } from '../../http/validation/strict.pipe.js';

/** The channels that a message may name; it came by the first where it names none. */
const CHANNELS = ['kafka', 'telegram'] as const satisfies readonly IncidentChannel[];

/** Messages are many that come together, whoever they are from. */
const WORKLOAD = { principal: 'kafka', isBulk: true } as const;

/** Who reports where the message does not say it. */
export const ACTOR = 'kafka';

/** Where the keys of senders count and, apart from them, the places of messages without one, and what is tried again. */
export const SCOPE = {
  sender: KAFKA_SCOPE,
  place: 'kafka place POST /incidents',
  retry: 'kafka retry POST /incidents',
} as const;

const strict = new StrictPipe('body');

/** What a message says, wherever it lies. */
type Content = Pick<InboundMessage, 'value' | 'headers'>;

type Key = Pick<IdempotencyKey, 'scope' | 'key'>;

/** A report that has a key. */
type KeyedReport = ReportIncidentCommand & { readonly idempotency: IdempotencyKey };

/** The place as one word. */
export const referenceOf = ({ topic, partition, offset }: MessagePosition): string =>
  `${topic}-${partition}-${offset}`;

/** The channel of the message; the first where what it names is none. */
export function channelOf(message: Content): IncidentChannel {
  const named = headerOf(message, 'channel')?.toString();
  return CHANNELS.find((channel) => channel === named) ?? CHANNELS[0];
}

/**
 * The report in this message, by the rules of the REST interface: a JSON object in UTF-8 as the value, and the headers
 * `idempotency-key`, `actor` and `channel`.
 * @throws HttpProblem where it is none.
 */
export async function parseReportMessage(message: InboundMessage): Promise<KeyedReport> {
  const { value } = message;
  if (value === undefined) throw new HttpProblem('request.malformed-body', 'The message has no value.');
  const author = { actor: actorOf(message), channel: namedChannelOf(message) };
  const key = keyOf(message) ?? { scope: SCOPE.place, key: referenceOf(message) };
  return reportFrom(value, author, key);
}

/**
 * The report in a message that was kept apart, whatever was wrong with its headers: of those that are unfit, it is as if they
 * were not there.
 * @throws HttpProblem where there is none in its value.
 */
export async function parseQuarantinedReport(
  { payload, headers }: RawMessage,
  otherwise: Key,
): Promise<KeyedReport> {
  const message = { value: payload, headers };
  const author = { actor: ifFit(() => actorOf(message)) ?? ACTOR, channel: channelOf(message) };
  const key = ifFit(() => keyOf(message));
  // A client of the API has kept it there: what it reports under the same key meanwhile is this report.
  const scope = headerOf(message, KEY_SCOPE)?.toString();
  return reportFrom(payload, author, key ? { ...key, ...(scope && { scope }) } : otherwise);
}

async function reportFrom(value: Buffer, author: Provenance, key: Key): Promise<KeyedReport> {
  if (value.length > MAX_BODY_BYTES)
    throw new HttpProblem('request.body-too-large', `The value is over ${MAX_BODY_BYTES} bytes long.`);
  const metadata = { type: 'body', metatype: ReportIncidentDto } as const;
  const body = (await strict.transform(parseJson(value, 'value'), metadata)) as ReportIncidentDto;
  return {
    description: body.description,
    source: body.source,
    dedupKey: body.dedup_key,
    ...author,
    idempotency: { ...key, fingerprint: digestOf(value) },
    workload: WORKLOAD,
  };
}

/** The key that its sender gave it. */
function keyOf(message: Content): Key | undefined {
  const header = headerOf(message, 'idempotency-key');
  if (!header) return undefined;
  const key = header.toString('latin1');
  if (!KEY.test(key))
    throw invalid(
      'idempotency-key',
      `idempotency-key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters`,
    );
  return { scope: SCOPE.sender, key };
}

function actorOf(message: Content): string {
  const header = headerOf(message, 'actor');
  if (!header) return ACTOR;
  const actor = header.toString();
  const problem = isUtf8(header) ? actorError(actor) : 'must be UTF-8';
  if (problem) throw invalid('actor', `actor ${problem}`);
  return actor;
}

function namedChannelOf(message: Content): IncidentChannel {
  const channel = channelOf(message);
  const named = headerOf(message, 'channel')?.toString() ?? channel;
  if (named !== channel) throw invalid('channel', `channel must be one of ${CHANNELS.join(', ')}`);
  return channel;
}

/** As with the headers of HTTP, case does not matter; of several the last counts, as for Kafka's own clients. */
function headerOf({ headers }: Content, name: string): Buffer | undefined {
  return headers.findLast(([given]) => given.toLowerCase() === name)?.[1];
}

function ifFit<Read>(read: () => Read): Read | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof HttpProblem) return undefined;
    throw error;
  }
}

function invalid(header: string, detail: string): HttpProblem {
  return invalidRequest([{ in: 'header', pointer: `/${header}`, detail }]);
}

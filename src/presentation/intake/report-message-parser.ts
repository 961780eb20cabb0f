import { isUtf8 } from 'node:buffer';
import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../application/intake/channel-registry.js';
import type { InboundMessage, MessagePosition } from '../../application/intake/message-broker.js';
import type { ReportIncidentCommand } from '../../application/incident/report-incident.js';
import type { IdempotencyKey, RequestKey } from '../../domain/incident/idempotency.js';
import type { Provenance, IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { RawMessage } from '../../domain/quarantine/quarantined-message.js';
import { actorError } from '../http/auth/provenance.js';
import { digestOf, MAX_BODY_BYTES } from '../http/body/json-body.js';
import { parseJson } from '../http/body/parse-json.js';
import { KAFKA_SCOPE, KEY, KEY_RULE, KEY_SCOPE } from '../http/headers/idempotency-key.js';
import { HttpProblem, invalidInput } from '../http/problems/problems.js';
import { validated } from '../http/validation/strict-validation.js';
import { fieldsOf, ReportIncidentDto } from './report.dto.js';

/** The channel of a message whose headers name none. */
export const KAFKA_CHANNEL = 'kafka';

/** The actor of a message whose headers name none. */
const DEFAULT_ACTOR = 'kafka';

/** Messages are bulk work: single requests have priority, whoever sent the message. */
const WORKLOAD = { principal: 'kafka', isBulk: true } as const;

/** The scopes of idempotency keys: those of senders, positions of messages without a key, and retries of quarantined messages. */
export const SCOPE = {
  sender: KAFKA_SCOPE,
  position: 'kafka position POST /incidents',
  retry: 'kafka retry POST /incidents',
} as const;

type Content = Pick<InboundMessage, 'value' | 'headers'>;

/** A report with an idempotency key. */
type KeyedReport = ReportIncidentCommand & { readonly idempotency: IdempotencyKey };

/** The position of a message as one word. */
export const referenceOf = ({ topic, partition, offset }: MessagePosition): string =>
  `${topic}-${partition}-${offset}`;

/**
 * Parses reports in messages, by the rules of the REST API: the value is a JSON object in UTF-8, and `idempotency-key`, `actor` and
 * `channel` are headers.
 */
@Injectable()
export class ReportMessageParser {
  /** The channels that a message may name. */
  private readonly channels: readonly IncidentChannel[];

  constructor({ relayed }: ChannelRegistry) {
    this.channels = [KAFKA_CHANNEL, ...relayed];
  }

  /** The channel of the message; `kafka` if it names none, or one that it must not name. */
  channelOf(message: Content): IncidentChannel {
    const named = headerOf(message, 'channel')?.toString();
    return this.channels.find((channel) => channel === named) ?? KAFKA_CHANNEL;
  }

  /** @throws HttpProblem if the message is invalid. */
  async parse(message: InboundMessage): Promise<KeyedReport> {
    const { value } = message;
    if (value === undefined) throw new HttpProblem('request.malformed-body', 'The message has no value.');
    const provenance = { actor: actorOf(message), channel: this.namedChannelOf(message) };
    const key = keyOf(message) ?? { scope: SCOPE.position, key: referenceOf(message) };
    return parseReport(value, provenance, key);
  }

  /**
   * Parses a quarantined message. Its headers may be why it was rejected: invalid headers are ignored.
   * @param defaultKey the key of a message without one.
   * @throws HttpProblem if the value is invalid.
   */
  async parseQuarantined({ payload, headers }: RawMessage, defaultKey: RequestKey): Promise<KeyedReport> {
    const message = { value: payload, headers };
    const actor = ifValid(() => actorOf(message)) ?? DEFAULT_ACTOR;
    const key = ifValid(() => keyOf(message));
    // A client of the API may report under the same key: both are one report.
    const scope = headerOf(message, KEY_SCOPE)?.toString();
    const provenance = { actor, channel: this.channelOf(message) };
    return parseReport(payload, provenance, key ? { ...key, ...(scope && { scope }) } : defaultKey);
  }

  private namedChannelOf(message: Content): IncidentChannel {
    const channel = this.channelOf(message);
    const named = headerOf(message, 'channel')?.toString() ?? channel;
    if (named !== channel) throw invalid('channel', `must be one of ${this.channels.join(', ')}`);
    return channel;
  }
}

function parseReport(value: Buffer, provenance: Provenance, key: RequestKey): KeyedReport {
  if (value.length > MAX_BODY_BYTES) {
    const detail = `The value must be at most ${MAX_BODY_BYTES} bytes long.`;
    throw new HttpProblem('request.body-too-large', detail);
  }
  const report = validated('body', ReportIncidentDto, parseJson(value, 'value'));
  const idempotency = { ...key, fingerprint: digestOf(value) };
  return { ...fieldsOf(report), ...provenance, idempotency, workload: WORKLOAD };
}

/** The idempotency key that the sender chose. */
function keyOf(message: Content): RequestKey | undefined {
  const header = headerOf(message, 'idempotency-key');
  if (!header) return undefined;
  const key = header.toString('latin1');
  if (!KEY.test(key)) throw invalid('idempotency-key', KEY_RULE);
  return { scope: SCOPE.sender, key };
}

function actorOf(message: Content): string {
  const header = headerOf(message, 'actor');
  if (!header) return DEFAULT_ACTOR;
  const actor = header.toString();
  const error = isUtf8(header) ? actorError(actor) : 'must be UTF-8';
  if (error) throw invalid('actor', error);
  return actor;
}

/** Names are case-insensitive as in HTTP; the last of several headers counts, as for Kafka's own clients. */
function headerOf({ headers }: Content, name: string): Buffer | undefined {
  return headers.findLast(([given]) => given.toLowerCase() === name)?.[1];
}

function ifValid<Read>(read: () => Read): Read | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof HttpProblem) return undefined;
    throw error;
  }
}

/** @param rule of the header, as the predicate of a sentence. */
const invalid = (header: string, rule: string) => invalidInput('header', header, `${header} ${rule}`);

import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { IntakeMetrics, type IntakeOutcome, isRejection } from '../../application/intake/intake-metrics.js';
import {
  type ReceivedMessage,
  ReportIntake,
  rejectionOfRetry,
} from '../../application/intake/report-intake.js';
import type { KeyReference } from '../../domain/access/access-key.js';
import { OWN_WORK } from '../../domain/access/workload.js';
import type { WriteResult } from '../../domain/incident/incident-repository.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { RawHeaders, RawMessage } from '../../domain/quarantine/quarantined-message.js';
import { allSettled } from '../../shared/all-settled.js';
import { ownTurn } from '../../shared/event-loop-turns.js';
import { digestOf } from '../http/body/json-body.js';
import { HttpProblem, inputError } from '../http/problems/problems.js';
import { validated } from '../http/validation/strict-validation.js';
import { fieldsOf, ReportLineDto } from '../intake/report.dto.js';
import { BatchIntake, inBatches } from './batch-intake.js';
import {
  type ActionContext,
  type ChannelAction,
  ChannelActions,
  generatedDedupKey,
} from './channel-actions.js';
import type { ChannelReceiver, Parameters, ReceivedMessages, ReceivedRequest } from './channel-receiver.js';

/** One message of a body. */
export type TranslatedMessage = {
  /** A body with only this message. If the message is invalid, this body is quarantined; a retry translates it again. */
  readonly payload: Buffer;
} & (
  | {
      /** The fields of `ReportLineDto`, which are validated; or why the message cannot be translated. */
      readonly report:
        { readonly [Field in keyof ReportLineDto]?: unknown } | { readonly unreadable: string };
    }
  | { readonly action: ChannelAction }
);

/**
 * Translates a body into messages.
 * @throws HttpProblem if the body as a whole cannot be translated: all of it is quarantined.
 * @throws IncompleteMessage if the sender has to correct it: nothing is quarantined.
 */
export type Translate = (
  body: Buffer,
  parameters: Parameters,
) => readonly TranslatedMessage[] | Promise<readonly TranslatedMessage[]>;

/** A message that lacks what its protocol requires, of a sender that reads the answer and tells its user. */
export class IncompleteMessage extends HttpProblem {
  /** @param details what is wrong, in the words of the protocol. */
  constructor(readonly details: readonly string[]) {
    const errors = details.map((detail) => inputError('body', undefined, detail));
    super('request.invalid', `${details.join('; ')}.`, { errors });
  }
}

/** Larger bodies are parsed in their own turn of the event loop. */
const LARGE_BYTES = 64 * 1024;

/** The headers of a quarantined message with the route that received it, and the principal of its sender. */
const ROUTE_HEADER = 'route';
const PRINCIPAL_HEADER = 'principal';

/** Processes the requests of channels that only translate. A body and its retries take effect once. */
@Injectable()
export class HttpReceiver {
  constructor(
    private readonly intake: ReportIntake,
    private readonly reportIncident: ReportIncident,
    private readonly actions: ChannelActions,
    private readonly batches: BatchIntake,
    private readonly metrics: IntakeMetrics,
  ) {}

  /** The receiver of a channel. @param translations by the routes of the channel. */
  of(channel: IncidentChannel, translations: ReadonlyMap<string, Translate>): ChannelReceiver {
    return {
      receive: (request) => this.receive(channel, translations.get(request.route)!, request),
      retry: (message, key, accessKey) =>
        rejectionOfRetry(() => this.retry(channel, translations, message, { key, accessKey })),
    };
  }

  private async receive(
    channel: IncidentChannel,
    translate: Translate,
    { body, sender, route, parameters, idempotencyKey }: ReceivedRequest,
  ): Promise<ReceivedMessages> {
    const { principal } = sender;
    const headers = headersOf(principal, route, parameters);
    const origin = Buffer.from(`${JSON.stringify([principal, route, parameters])}\n`);
    const digest = digestOf(Buffer.concat([origin, body]));
    const name = digest.toString('hex');
    if (body.length > LARGE_BYTES) await ownTurn(principal);
    let messages: readonly TranslatedMessage[];
    try {
      messages = await translate(body, parameters);
    } catch (error) {
      if (!isRejection(error)) throw error;
      if (error instanceof IncompleteMessage) {
        this.metrics.received(channel);
        this.metrics.processed(channel, 'rejected');
        throw error;
      }
      const received = { channel, reference: name, payload: body, headers };
      const outcome = await this.intake.quarantineMessage(received, error.message);
      return { outcomes: [outcome], dedupKey: generatedDedupKey(name) };
    }
    let dedupKey = generatedDedupKey(name);
    const request = { channel, digest, principal, messages: messages.length };
    const outcomes = await this.batches.processOnce(request, (before, workload) => {
      const keys = idempotencyKey === undefined ? `${name}:${before}` : hash('sha256', idempotencyKey, 'hex');
      const context = {
        accessKey: sender,
        principal,
        workload,
        scope: `POST /intake/${channel} ${principal}`,
      };
      dedupKey = dedupKeyOf(messages[0]) ?? generatedDedupKey(`${keys}:0`);
      return inBatches(messages, (batch, start) =>
        allSettled(
          batch.map((message, index) => {
            const n = start + index;
            const received = { channel, reference: `${name}:${n}`, payload: message.payload, headers };
            return this.intake.accept(received, () =>
              this.process(message, received, `${keys}:${n}`, context),
            );
          }),
        ),
      );
    });
    return { outcomes, dedupKey };
  }

  private async retry(
    channel: IncidentChannel,
    translations: ReadonlyMap<string, Translate>,
    { payload, headers }: RawMessage,
    { key, accessKey }: { readonly key: string; readonly accessKey: KeyReference },
  ): Promise<void> {
    const {
      [ROUTE_HEADER]: route = '',
      [PRINCIPAL_HEADER]: principal = '',
      ...parameters
    } = Object.fromEntries(headers.map(([name, value]) => [name, value.toString()]));
    const context = { accessKey, principal, workload: OWN_WORK, scope: `POST /intake/${channel} retry` };
    for (const [n, message] of (await translations.get(route)!(payload, parameters)).entries()) {
      const received = { channel, reference: `${key}:${n}`, payload: message.payload, headers };
      await this.process(message, received, `${key}:${n}`, context);
    }
  }

  private process(
    message: TranslatedMessage,
    received: ReceivedMessage,
    key: string,
    context: ActionContext,
  ): Promise<WriteResult | IntakeOutcome> {
    if ('action' in message) return this.actions.perform(message.action, received, key, context);
    return this.report(message, received.channel, key, context);
  }

  private async report(
    { payload, report }: Extract<TranslatedMessage, { report: unknown }>,
    channel: IncidentChannel,
    defaultKey: string,
    { accessKey, workload, scope }: ActionContext,
  ): Promise<WriteResult> {
    if ('unreadable' in report) throw new HttpProblem('request.malformed-body', report.unreadable);
    const valid = validated('body', ReportLineDto, report);
    const { idempotency_key: key = defaultKey } = valid;
    const idempotency = { scope, key, fingerprint: digestOf(payload) };
    const provenance = { actor: channel, accessKey, channel };
    return this.reportIncident.execute({ ...fieldsOf(valid), ...provenance, workload, idempotency });
  }
}

/** What a retry of a quarantined message needs besides its payload. */
function headersOf(principal: string, route: string, parameters: Parameters): RawHeaders {
  return Object.entries({ ...parameters, [ROUTE_HEADER]: route, [PRINCIPAL_HEADER]: principal }).map(
    ([name, value]) => [name, Buffer.from(value)],
  );
}

function dedupKeyOf(message: TranslatedMessage | undefined): string | undefined {
  return message && 'action' in message && 'dedupKey' in message.action ? message.action.dedupKey : undefined;
}

import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { isRejection } from '../../application/intake/intake-metrics.js';
import { ReportIntake, rejectionOfRetry } from '../../application/intake/report-intake.js';
import type { KeyReference } from '../../domain/access/access-key.js';
import { OWN_WORK, type Workload } from '../../domain/access/workload.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import { allSettled } from '../../shared/all-settled.js';
import { digestOf } from '../http/body/json-body.js';
import { HttpProblem } from '../http/problems/problems.js';
import { validated } from '../http/validation/strict-validation.js';
import { IntakeCountsResponse } from '../intake/intake-counts.dto.js';
import { fieldsOf, ReportLineDto } from '../intake/report.dto.js';
import { BatchIntake, inBatches } from './batch-intake.js';
import type { ChannelReceiver, ReceivedRequest } from './channel-receiver.js';

/** One message of a body. */
export interface TranslatedMessage {
  /** A body with only this message. If the message is invalid, this body is quarantined; a retry translates it again. */
  readonly payload: Buffer;
  /** The fields of `ReportLineDto`, which are validated; or why the message cannot be translated. */
  readonly report: { readonly [Field in keyof ReportLineDto]?: unknown } | { readonly unreadable: string };
}

/**
 * Translates a body into messages.
 * @throws HttpProblem if the body as a whole cannot be translated: all of it is quarantined.
 */
export type Translate = (
  body: Buffer,
) => readonly TranslatedMessage[] | Promise<readonly TranslatedMessage[]>;

/** Processes the requests of channels that only translate. A body and its retries take effect once. */
@Injectable()
export class HttpReceiver {
  constructor(
    private readonly intake: ReportIntake,
    private readonly reportIncident: ReportIncident,
    private readonly batches: BatchIntake,
  ) {}

  /** The receiver of a channel. */
  of(channel: IncidentChannel, translate: Translate): ChannelReceiver {
    return {
      receive: (request) => this.receive(channel, translate, request),
      retry: ({ payload }, key, accessKey) =>
        rejectionOfRetry(async () => {
          const scope = `POST /intake/${channel} retry`;
          const context = { channel, accessKey, workload: OWN_WORK, scope };
          for (const [n, message] of (await translate(payload)).entries())
            await this.report(message, context, `${key}:${n}`);
        }),
    };
  }

  private async receive(
    channel: IncidentChannel,
    translate: Translate,
    { body, sender, idempotencyKey }: ReceivedRequest,
  ): Promise<IntakeCountsResponse> {
    const digest = digestOf(Buffer.concat([Buffer.from(`${sender.principal}\n`), body]));
    const name = digest.toString('hex');
    let messages: readonly TranslatedMessage[];
    try {
      messages = await translate(body);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const received = { channel, reference: name, payload: body, headers: [] };
      return IntakeCountsResponse.from([await this.intake.quarantineMessage(received, error.message)]);
    }
    const { principal } = sender;
    const request = { channel, digest, principal, messages: messages.length };
    return this.batches.processOnce(request, (before, workload) => {
      const keys = idempotencyKey === undefined ? `${name}:${before}` : hash('sha256', idempotencyKey, 'hex');
      const context = { channel, accessKey: sender, workload, scope: `POST /intake/${channel} ${principal}` };
      return inBatches(messages, (batch, start) =>
        allSettled(
          batch.map((message, index) => {
            const n = start + index;
            const received = { channel, reference: `${name}:${n}`, payload: message.payload, headers: [] };
            return this.intake.accept(received, () => this.report(message, context, `${keys}:${n}`));
          }),
        ),
      );
    });
  }

  private async report({ payload, report }: TranslatedMessage, context: Context, defaultKey: string) {
    const { channel, accessKey, workload, scope } = context;
    if ('unreadable' in report) throw new HttpProblem('request.malformed-body', report.unreadable);
    const valid = validated('body', ReportLineDto, report);
    const { idempotency_key: key = defaultKey } = valid;
    const idempotency = { scope, key, fingerprint: digestOf(payload) };
    const provenance = { actor: channel, accessKey, channel };
    return this.reportIncident.execute({ ...fieldsOf(valid), ...provenance, workload, idempotency });
  }
}

interface Context {
  readonly channel: IncidentChannel;
  readonly accessKey: KeyReference;
  readonly workload: Workload;
  readonly scope: string;
}

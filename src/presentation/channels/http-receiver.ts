import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RateLimiter } from '../../application/access/rate-limits.js';
import { ReportIncident, type ReportIncidentCommand } from '../../application/incident/report-incident.js';
import { type IntakeOutcome, isRejection } from '../../application/intake/intake-metrics.js';
import { ReportIntake, rejectionOfRetry } from '../../application/intake/report-intake.js';
import { ReceivedNotifications } from '../../application/intake/received-notifications.js';
import { Clock } from '../../application/operations/clock.js';
import type { KeyReference, Principal } from '../../domain/access/access-key.js';
import { OWN_WORK, type Workload } from '../../domain/access/workload.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import { allSettled } from '../../shared/all-settled.js';
import { HttpProblem } from '../http/problems/problems.js';
import { StrictPipe } from '../http/validation/strict.pipe.js';
import { IntakeCountsResponse } from '../intake/intake-counts.dto.js';
import { fieldsOf, ReportLineDto } from '../intake/report.dto.js';
import type { ChannelReceiver, ReceivedRequest } from './channel-receiver.js';

/** A request with more reports is bulk work: single requests have priority. */
const MAX_URGENT_REPORTS = 16;

/** The maximum number of reports of a request that are processed at a time. */
const MAX_CONCURRENT = 256;

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

const strict = new StrictPipe('body');

/** Processes the requests of channels that only translate. A body and its retries take effect once. */
@Injectable()
export class HttpReceiver {
  constructor(
    private readonly intake: ReportIntake,
    private readonly reportIncident: ReportIncident,
    private readonly notifications: ReceivedNotifications,
    private readonly rateLimiter: RateLimiter,
    private readonly clock: Clock,
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
    const digest = hash('sha256', Buffer.concat([Buffer.from(`${sender.principal}\n`), body]), 'buffer');
    const name = digest.toString('hex');
    let messages: readonly TranslatedMessage[];
    try {
      messages = await translate(body);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const received = { channel, reference: name, payload: body, headers: [] };
      return IntakeCountsResponse.from([await this.intake.quarantineMessage(received, error.message)]);
    }
    await this.countAdditional(sender, messages.length - 1);
    const notification = { channel, digest };
    const before = await this.notifications.completed(notification);
    const keys = idempotencyKey === undefined ? `${name}:${before}` : hash('sha256', idempotencyKey, 'hex');
    const { principal } = sender;
    const context = {
      channel,
      accessKey: sender,
      workload: { principal, isBulk: messages.length > MAX_URGENT_REPORTS },
      scope: `POST /intake/${channel} ${principal}`,
    };
    const outcomes: IntakeOutcome[] = [];
    for (let start = 0; start < messages.length; start += MAX_CONCURRENT) {
      const batch = messages.slice(start, start + MAX_CONCURRENT).map((message, index) => {
        const n = start + index;
        const received = { channel, reference: `${name}:${n}`, payload: message.payload, headers: [] };
        return this.intake.accept(received, () => this.report(message, context, `${keys}:${n}`));
      });
      outcomes.push(...(await allSettled(batch)));
    }
    await this.notifications.complete(notification, before, this.clock.now());
    return IntakeCountsResponse.from(outcomes);
  }

  private async report({ payload, report }: TranslatedMessage, context: Context, defaultKey: string) {
    const { channel, accessKey, workload, scope } = context;
    if ('unreadable' in report) throw new HttpProblem('request.malformed-body', report.unreadable);
    const valid = await strict.transform(report, { type: 'body', metatype: ReportLineDto });
    const { idempotency_key: key = defaultKey } = valid as ReportLineDto;
    const command: ReportIncidentCommand = {
      ...fieldsOf(valid as ReportLineDto),
      actor: channel,
      accessKey,
      channel,
      workload,
      idempotency: { scope, key, fingerprint: hash('sha256', payload, 'buffer') },
    };
    return this.reportIncident.execute(command);
  }

  /** Each report counts as a request; the guard has counted the first. Over the limit, the next request is rejected. */
  private async countAdditional(sender: Principal, reports: number): Promise<void> {
    if (this.rateLimiter.limitsRequests && reports > 0)
      await this.rateLimiter.countRequest(sender.principal, reports);
  }
}

interface Context {
  readonly channel: IncidentChannel;
  readonly accessKey: KeyReference;
  readonly workload: Workload;
  readonly scope: string;
}

import { Injectable } from '@nestjs/common';
import type { ChannelIntake } from '../../application/intake/channel-intakes.js';
import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { DomainError } from '../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../domain/idempotency.js';
import { HttpProblem } from '../http/problems.js';
import { ACTOR, reportFrom, SCOPE } from './inbound-report.js';

/** Values of messages that are in the quarantine, tried again: without the headers that they came with. */
@Injectable()
export class KafkaValueIntake implements ChannelIntake {
  constructor(private readonly reportIncident: ReportIncident) {}

  async take(payload: Buffer, key: string): Promise<string | undefined> {
    try {
      const author = { actor: ACTOR, channel: 'kafka' } as const;
      await this.reportIncident.execute(await reportFrom(payload, author, { scope: SCOPE.retry, key }));
      return undefined;
    } catch (error) {
      if (error instanceof IdempotencyKeyInUse) throw new RegisterUnavailable({ cause: error });
      if (error instanceof DomainError || error instanceof HttpProblem) return error.message;
      throw error;
    }
  }
}

import { Injectable } from '@nestjs/common';
import type { RetryHandler } from '../../../application/quarantine/retry-handlers.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { ReportIncident } from '../../../application/incident/report-incident.js';
import type { KeyReference } from '../../../domain/access/access-key.js';
import { DomainError } from '../../../domain/domain-error.js';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from '../../../domain/incident/idempotency.js';
import type { RawMessage } from '../../../domain/quarantine/quarantined-message.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { parseQuarantinedReport, SCOPE } from './parse-report-message.js';

/** Messages that are in the quarantine, tried again. */
@Injectable()
export class QuarantinedReportRetry implements RetryHandler {
  constructor(private readonly reportIncident: ReportIncident) {}

  async take(message: RawMessage, key: string, accessKey: KeyReference): Promise<string | undefined> {
    try {
      await this.report(message, key, accessKey);
      return undefined;
    } catch (error) {
      if (error instanceof IdempotencyKeyInUse) throw new StoreUnavailable({ cause: error });
      if (error instanceof DomainError || error instanceof HttpProblem) return error.message;
      throw error;
    }
  }

  /** Under the key that its sender gave it: if that one sends it again, it is known. */
  private async report(message: RawMessage, key: string, accessKey: KeyReference): Promise<void> {
    const own = { scope: SCOPE.retry, key };
    const report = { ...(await parseQuarantinedReport(message, own)), accessKey };
    try {
      await this.reportIncident.execute(report);
    } catch (error) {
      // The sender's key is another report's; somebody has looked at it, and wants this one too.
      if (!(error instanceof IdempotencyKeyReused)) throw error;
      await this.reportIncident.execute({ ...report, idempotency: { ...report.idempotency, ...own } });
    }
  }
}

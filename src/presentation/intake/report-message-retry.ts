import { Injectable } from '@nestjs/common';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { rejectionOfRetry } from '../../application/intake/report-intake.js';
import type { RetryHandler } from '../../application/quarantine/retry-handlers.js';
import type { KeyReference } from '../../domain/access/access-key.js';
import { IdempotencyKeyReused } from '../../domain/incident/idempotency.js';
import type { RawMessage } from '../../domain/quarantine/quarantined-message.js';
import { ReportMessageParser, SCOPE } from './report-message-parser.js';

/** Retries quarantined messages with a report in JSON: from Kafka, and from clients that relay a channel. */
@Injectable()
export class ReportMessageRetry implements RetryHandler {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly parser: ReportMessageParser,
  ) {}

  retry(message: RawMessage, key: string, accessKey: KeyReference): Promise<string | undefined> {
    return rejectionOfRetry(() => this.report(message, key, accessKey));
  }

  /** Reports under the key that the sender chose, so that a retry of the sender is a replay. */
  private async report(message: RawMessage, key: string, accessKey: KeyReference): Promise<void> {
    const retryKey = { scope: SCOPE.retry, key };
    const report = { ...(await this.parser.parseQuarantined(message, retryKey)), accessKey };
    try {
      await this.reportIncident.execute(report);
    } catch (error) {
      // The sender used its key for another report; the operator wants this one as well.
      if (!(error instanceof IdempotencyKeyReused)) throw error;
      await this.reportIncident.execute({ ...report, idempotency: { ...report.idempotency, ...retryKey } });
    }
  }
}

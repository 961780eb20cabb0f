import { Injectable } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import type { Incident, Report } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { KafkaPublisher } from '../../core/api/kafka-publisher.js';
import { acceptedMessage, incidentMessage } from '../../core/messages/incident-text.js';
import { Translations } from '../../core/translations/translations.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { PendingConfirmations } from '../replies/pending-confirmations.js';
import type { Reply } from '../replies/replies.js';
import { SimilarOffers } from '../replies/similar-offers.js';

/** How long an edit, and every update behind it that needs the API, waits for the incident of the edited message. */
const LOOKUP_TIMEOUT_MS = 10_000;
const LOOKUP_INTERVAL_MS = 500;

/** What became of a report. */
export interface SentReport {
  readonly reply: Reply;
  /** Its incident; undefined while there is none yet. */
  readonly incidentId: number | undefined;
}

/** How the bot sends reports. */
export abstract class ReportTransport {
  /** Whether reports are accepted while the API is unavailable. */
  abstract readonly worksWithoutApi: boolean;

  /**
   * Resolves when the report is committed or acknowledged by Kafka.
   * @param edit the identity of the edit that the report comes from, if any.
   * @throws ApiRejection @throws ShutdownError
   */
  abstract send(report: Report, identity: RequestIdentity, edit?: RequestIdentity): Promise<SentReport>;

  /** The current state of the incident of this report; undefined where there is none. @throws ShutdownError */
  abstract find(key: string): Promise<Incident | undefined>;

  /** The reply about a report that is not found but may be in Kafka; undefined where there are none such. */
  abstract readonly notFound: string | undefined;
}

/** Reports by the API, which answers with their incidents. */
@Injectable()
export class ApiReportTransport extends ReportTransport {
  override readonly worksWithoutApi = false;
  override readonly notFound = undefined;

  constructor(
    private readonly api: IncidentsApi,
    private readonly offers: SimilarOffers,
    private readonly translations: Translations,
    private readonly metrics: BotMetrics,
  ) {
    super();
  }

  override async send(
    report: Report,
    identity: RequestIdentity,
    edit?: RequestIdentity,
  ): Promise<SentReport & { readonly incidentId: number }> {
    const { incident, isReplay } = await this.api.report(report, identity);
    if (!isReplay) this.metrics.incidentsCreated.inc();
    // If the edit is redelivered after a later one, it must not be appended.
    if (edit) await this.api.consumeKey(incident.id, edit);
    const reply: Reply = {
      ...incidentMessage(incident, this.translations),
      onQueued: (sent) => this.offers.offer(incident, sent),
    };
    return { reply, incidentId: incident.id };
  }

  override async find(key: string): Promise<Incident | undefined> {
    return this.api.findByKey(key);
  }
}

/** Reports by Kafka, even while the API is unavailable; the reply shows the number once the worker has committed them. */
@Injectable()
export class KafkaReportTransport extends ReportTransport {
  override readonly worksWithoutApi = true;

  constructor(
    private readonly publisher: KafkaPublisher,
    private readonly api: IncidentsApi,
    private readonly confirmations: PendingConfirmations,
    private readonly translations: Translations,
    /** Aborts the wait for a report that is in Kafka. */
    private readonly stop: AbortSignal,
  ) {
    super();
  }

  override async send(report: Report, identity: RequestIdentity): Promise<SentReport> {
    await this.publisher.publish(report, identity);
    const reply: Reply = {
      ...acceptedMessage(report, identity.key, this.translations),
      onQueued: (sent) => this.confirmations.add(identity.key, sent),
    };
    return { reply, incidentId: undefined };
  }

  /** Waits a little for a report that is in Kafka: a worker without lag commits it within a second. */
  override async find(key: string): Promise<Incident | undefined> {
    const deadline = performance.now() + LOOKUP_TIMEOUT_MS;
    for (;;) {
      const incident = await this.api.findByKey(key);
      if (incident || performance.now() >= deadline) return incident;
      if (!(await sleepUnlessAborted(LOOKUP_INTERVAL_MS, this.stop))) throw new ShutdownError();
    }
  }

  override get notFound(): string {
    return this.translations.editTooEarly;
  }
}

import { sleepUnlessAborted } from '../../../shared/abort.js';
import type { BotMetrics } from '../bot-metrics.js';
import type { PendingConfirmations } from '../replies/pending-confirmations.js';
import { about, numberButton } from '../../core/translations/incident-text.js';
import type { Incident } from '../../core/api/incident.js';
import type { Translations } from '../../core/translations/translations.js';
import type { Report } from '../../core/parse/message-parser.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import type { IncidentsApi } from '../../core/api/incidents-api.js';
import type { KafkaPublisher } from '../../core/api/kafka-publisher.js';
import type { OutgoingMessage } from '../replies/replies.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';

/** How long an edit waits for the incident of its message, and all that needs the register behind it, in milliseconds. */
const PATIENCE = 10_000;
const LOOK_EVERY = 500;

/** The way by which reports get into the register. */
export abstract class ReportTransport {
  /**
   * Takes a report in for good.
   * @param edit in whose name the edit is carried out that has brought the report.
   * @returns what there is to say of it.
   * @throws Refused @throws Stopped
   */
  abstract take(report: Report, as: RequestIdentity, edit?: RequestIdentity): Promise<OutgoingMessage>;

  /** The incident that the report with this key has made, as it is now; undefined where there is none. @throws Stopped */
  abstract find(key: string): Promise<Incident | undefined>;

  /** What there is to say of a report that is not found: it may be on its way. Undefined where none ever is. */
  abstract readonly notFound: string | undefined;
}

/** Reports by the API, which answers with their incidents. */
export class ApiReportTransport extends ReportTransport {
  constructor(
    private readonly register: IncidentsApi,
    private readonly phrases: Translations,
    private readonly metrics: BotMetrics,
  ) {
    super();
  }

  async take(report: Report, as: RequestIdentity, edit?: RequestIdentity): Promise<OutgoingMessage> {
    const { incident, isReplay } = await this.register.report(report, as);
    if (!isReplay) this.metrics.incidentsCreated.inc();
    // The edit's own key is used up as well: when it comes again after a later one, it would be an addition.
    if (edit) await this.register.statusThen(incident.id, edit);
    return about(incident, this.phrases);
  }

  async find(key: string): Promise<Incident | undefined> {
    return this.register.findByKey(key);
  }

  readonly notFound = undefined;
}

/** Reports by Kafka, while the API is away too; what becomes of them is said when the register has taken them in. */
export class KafkaReportTransport extends ReportTransport {
  constructor(
    private readonly topic: KafkaPublisher,
    private readonly register: IncidentsApi,
    private readonly followUps: PendingConfirmations,
    private readonly phrases: Translations,
    /** Ends the waiting for a report that is on its way. */
    private readonly stop: AbortSignal,
  ) {
    super();
  }

  async take(report: Report, as: RequestIdentity): Promise<OutgoingMessage> {
    await this.topic.publish(report, as);
    return {
      text: this.phrases.accepted,
      buttons: numberButton(as.key, this.phrases),
      whenSaid: (said) => this.followUps.add(as.key, said),
    };
  }

  /** Waits a little for a report that is on its way: without a worker that lags behind it is there in a second. */
  async find(key: string): Promise<Incident | undefined> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      const incident = await this.register.findByKey(key);
      if (incident || performance.now() >= until) return incident;
      if (!(await sleepUnlessAborted(LOOK_EVERY, this.stop))) throw new ShutdownError();
    }
  }

  get notFound(): string {
    return this.phrases.editTooEarly;
  }
}

import type { BotMetrics } from './bot-metrics.js';
import type { FollowUps } from './follow-ups.js';
import { about } from './incident-text.js';
import type { Incident } from './incident.js';
import type { Phrases } from './phrases.js';
import type { Report } from './reading.js';
import type { As } from './register-client.js';
import type { Register } from './register.js';
import type { ReportTopic } from './report-topic.js';
import type { Said } from './replies.js';

/** The way by which reports get into the register. */
export abstract class Intake {
  /** Takes a report in for good. @returns what there is to say of it. @throws Refused @throws Stopped */
  abstract take(report: Report, as: As): Promise<Said>;

  /** The incident that the report with this key has made, as it is now; undefined where there is none. */
  abstract find(key: string): Promise<Incident | undefined>;

  /** What there is to say of a report that is not found: it may be on its way. Undefined where none ever is. */
  abstract readonly notFound: string | undefined;
}

/** Reports by the API, which answers with their incidents. */
export class ApiIntake extends Intake {
  constructor(
    private readonly register: Register,
    private readonly phrases: Phrases,
    private readonly metrics: BotMetrics,
  ) {
    super();
  }

  async take(report: Report, as: As): Promise<Said> {
    const { incident, isRepeat } = await this.register.report(report, as);
    if (!isRepeat) this.metrics.incidentsCreated.inc();
    return about(incident, this.phrases);
  }

  async find(key: string): Promise<Incident | undefined> {
    return this.register.madeBy(key, 'rest');
  }

  readonly notFound = undefined;
}

/** Reports by Kafka, while the API is away too; what becomes of them is said when the register has taken them in. */
export class KafkaIntake extends Intake {
  constructor(
    private readonly topic: ReportTopic,
    private readonly register: Register,
    private readonly followUps: FollowUps,
    private readonly phrases: Phrases,
  ) {
    super();
  }

  async take(report: Report, as: As): Promise<Said> {
    await this.topic.publish(report, as);
    return { text: this.phrases.accepted, whenSaid: (said) => this.followUps.add(as.key, said) };
  }

  async find(key: string): Promise<Incident | undefined> {
    // The bot may have worked by the API before.
    return (await this.register.madeBy(key, 'kafka')) ?? (await this.register.madeBy(key, 'rest'));
  }

  get notFound(): string {
    return this.phrases.editTooEarly;
  }
}

import type { ReportIncidentCommand } from '../../application/incident/report-incident.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import { SCOOTER_FILES, SHOP_FILES } from './files.js';
import {
  ALERTMANAGER,
  CHATS,
  CONSOLE_USERS,
  CREWS,
  FLEET_MONITOR,
  onRest,
  onTelegram,
  PAYMENT_PARTNER,
} from './people.js';
import { Random } from './random.js';
import { type DemoAction, Scenario } from './scenario.js';
import {
  type AlertRule,
  ALERT_RULES,
  type Fault,
  type LastPosition,
  lastPosition,
  offlineText,
  PARTNER_FAULTS,
  REPORT_FAULTS,
  SCOOTER_FAULTS,
  SHOP_FAULTS,
  textOfAlert,
} from './texts.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS = 7;

/** How likely people are to report in each hour of the day, in UTC: they live between London and Moscow. */
const HOUR_WEIGHTS = [
  1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 11, 12, 12, 11, 11, 12, 13, 12, 10, 8, 6, 4, 2, 1,
] as const;
const MAX_HOUR_WEIGHT = Math.max(...HOUR_WEIGHTS);

/** The incidents of people who describe what is broken, and of people who repair it. */
interface HumanStream {
  readonly perDay: number;
  readonly source: IncidentSource;
  readonly faults: readonly Fault[];
  /** The probability that nobody cares. */
  readonly forgotten: number;
  reporter(random: Random): Provenance;
  worker(random: Random): Provenance;
  /** The origin of the n-th report. */
  origin?(n: number): string;
}

const chatStream = (chat: keyof typeof CHATS, perDay: number, faults: readonly Fault[]): HumanStream => ({
  perDay,
  source: 'operator',
  faults,
  forgotten: 0,
  reporter: (random) => onTelegram(random.pick(CREWS[chat])),
  worker: (random) => onTelegram(random.pick(CREWS[chat])),
  origin: (n) => `${CHATS[chat]}:${1_000 + 3 * n}`,
});
const consoleUser = (random: Random) => onRest(random.pick(CONSOLE_USERS));

const STREAMS = {
  scooters: chatStream('scooters', 14, SCOOTER_FAULTS),
  shops: chatStream('shops', 10, SHOP_FAULTS),
  reports: {
    perDay: 4,
    source: 'operator',
    faults: REPORT_FAULTS,
    forgotten: 0.08,
    reporter: consoleUser,
    worker: consoleUser,
  },
  partner: {
    perDay: 4,
    source: 'partner',
    faults: PARTNER_FAULTS,
    forgotten: 0.05,
    reporter: () => PAYMENT_PARTNER,
    worker: consoleUser,
  },
} satisfies Record<string, HumanStream>;

/** Machines report at any hour. */
const OFFLINE_PER_DAY = 8;
const ALERTS_PER_DAY = 5;

/**
 * All that happens in a plausible week that ends now, in order: reports by all channels and in two languages, and what people do about
 * them. It is the same for the same seed and end. What would happen after the end is left out: so some incidents are in progress,
 * and some are untaken.
 */
export function planWeek(seed: number, now: Date): readonly DemoAction[] {
  return new WeekPlanner(new Random(seed), now).plan();
}

class WeekPlanner {
  private readonly scenarios: Scenario[] = [];

  constructor(
    private readonly random: Random,
    private readonly now: Date,
  ) {}

  plan(): readonly DemoAction[] {
    for (const stream of Object.values(STREAMS))
      for (const at of this.moments(stream.perDay, true)) this.planFault(stream, at);
    for (const [n, at] of this.moments(OFFLINE_PER_DAY, false).entries())
      this.planOffline(1_001 + ((n * 7) % 480), at);
    this.planAlerts(this.moments(ALERTS_PER_DAY, false));
    this.planPresent();
    return this.scenarios
      .flatMap(({ actions }) => actions)
      .filter(({ at }) => at <= this.now)
      .toSorted((one, other) => one.at.getTime() - other.at.getTime() || one.scenario - other.scenario);
  }

  private start(at: Date): Scenario {
    const scenario = new Scenario(this.scenarios.length, at, this.random);
    this.scenarios.push(scenario);
    return scenario;
  }

  /** Random moments of the week, in order; those of people are rare at night. */
  private moments(perDay: number, areOfPeople: boolean): readonly Date[] {
    const moments: Date[] = [];
    while (moments.length < perDay * DAYS) {
      const at = new Date(this.now.getTime() - Math.ceil(this.random.fraction() * DAYS * DAY_MS));
      const weight = HOUR_WEIGHTS[at.getUTCHours()]!;
      if (!areOfPeople || this.random.chance(weight / MAX_HOUR_WEIGHT)) moments.push(at);
    }
    return moments.toSorted((one, other) => one.getTime() - other.getTime());
  }

  private planFault(stream: HumanStream, at: Date): void {
    const { random } = this;
    const fault = random.pick(stream.faults);
    const { scenario, description, urgent } = this.reportFault(stream, fault, at);
    if (random.chance(stream.forgotten)) return;
    if (random.chance(0.08)) this.planDuplicate(stream, scenario.id, description, at);
    this.work(scenario, stream, fault, urgent);
  }

  private reportFault(stream: HumanStream, fault: Fault, at: Date) {
    const { random } = this;
    const scenario = this.start(at);
    const description = fault.report(random);
    const urgent = random.chance(fault.urgent ?? 0);
    const origin = stream.origin?.(scenario.id);
    const reporter = stream.reporter(random);
    scenario.report({ ...reporter, source: stream.source, description, urgent, origin });
    return { scenario, description, urgent, reporter };
  }

  /** Somebody else reports the same, and somebody notices. */
  private planDuplicate(stream: HumanStream, original: number, description: string, at: Date): void {
    const { random } = this;
    const duplicate = this.start(at).wait(6);
    const [line] = description.split('\n');
    duplicate
      .report({
        ...stream.reporter(random),
        source: stream.source,
        description: isRussian(line!) ? `Тоже вижу: ${line}` : `Same here: ${line}`,
        origin: stream.origin?.(duplicate.id),
      })
      .wait(3)
      .markDuplicate(original, stream.worker(random));
  }

  /** Somebody takes the incident, writes how it goes, and resolves it; not always at the first attempt. */
  private work(scenario: Scenario, stream: HumanStream, fault: Fault, urgent: boolean): void {
    const { random } = this;
    const worker = stream.worker(random);
    const russian = isRussian(fault.done[0]!);
    if (!urgent && random.chance(0.05)) scenario.wait(2).update(worker, { urgent: true });
    scenario.wait(urgent ? 3 : 11).update(worker, { status: 'IN_PROGRESS' });
    if (random.chance(0.6)) scenario.wait(12).update(worker, { addition: random.pick(fault.progress) });
    if (random.chance(0.12)) scenario.wait(8).update(worker, { assignee: stream.worker(random).actor });
    if (random.chance(0.06)) {
      const next = stream.worker(random);
      scenario
        .wait(15)
        .update(worker, { assignee: null, addition: russian ? 'Моя смена закончилась' : 'My shift is over' });
      scenario.wait(20).update(next, { assignee: next.actor });
    }
    scenario.wait(urgent ? 20 : 45).update(worker, { status: 'RESOLVED', addition: random.pick(fault.done) });
    if (random.chance(0.09)) {
      const again = russian ? 'Снова то же самое, открываю заново' : 'It happens again, so I reopen it';
      scenario.wait(90).update(stream.reporter(random), { status: 'IN_PROGRESS', addition: again });
      scenario.wait(40).update(worker, { status: 'RESOLVED', addition: random.pick(fault.done) });
    }
    if (random.chance(0.85)) scenario.wait(600).update(stream.worker(random), { status: 'CLOSED' });
  }

  /** Monitoring reports a scooter again and again until it is online. */
  private planOffline(scooterNumber: number, at: Date): void {
    const { random } = this;
    const position = lastPosition(random);
    const report = (n: number) => offlineReport(scooterNumber, position, n);
    const worker = onRest(random.pick(CONSOLE_USERS));
    const scenario = this.start(at).report(report(0));
    const repeated = random.integer(0, 3);
    for (let n = 1; n <= repeated; n++) scenario.wait(15).report(report(n));
    scenario.wait(14).update(worker, { status: 'IN_PROGRESS' });
    if (random.chance(0.5)) scenario.wait(20).update(worker, { addition: 'Скаут едет на последнюю точку' });
    scenario.wait(50).update(FLEET_MONITOR, { status: 'RESOLVED', addition: 'Самокат снова на связи' });
    if (random.chance(0.15)) {
      // A report of a resolved cause reopens its incident.
      scenario.wait(60).report(report(0));
      scenario.wait(40).update(worker, { status: 'RESOLVED', addition: 'Заменили SIM-карту' });
    }
    if (random.chance(0.8)) scenario.wait(500).update(worker, { status: 'CLOSED' });
  }

  /** Alerts fire and end. A rule fires again for an instance only when its last incident is over. */
  private planAlerts(moments: readonly Date[]): void {
    const { random } = this;
    const causes = ALERT_RULES.flatMap((rule) => rule.instances.map((instance) => ({ rule, instance })));
    const endsAt = new Map<string, Date>();
    for (const at of moments) {
      const { rule, instance } = random.pick(causes);
      const report = alertReport(rule, instance, rule.severity === 'critical' && random.chance(0.5));
      const { dedupKey } = report;
      if ((endsAt.get(dedupKey) ?? at) > at) continue;
      const worker = onRest(random.pick(CONSOLE_USERS));
      const scenario = this.start(at).report(report);
      if (random.chance(0.6)) scenario.wait(6).update(worker, { status: 'IN_PROGRESS' });
      scenario.wait(16).resolveAlert(dedupKey, ALERTMANAGER);
      scenario.wait(random.chance(0.9) ? 300 : 2_000).update(worker, { status: 'CLOSED' });
      endsAt.set(dedupKey, scenario.endsAt);
    }
  }

  /** What is untaken and in progress at the end: whatever the hour is, somebody has something to do. */
  private planPresent(): void {
    const { random } = this;
    const { scooters, shops, partner, reports } = STREAMS;
    const minutesAgo = (minutes: number) => new Date(this.now.getTime() - minutes * MINUTE_MS);
    for (const [minutes, stream, fault, files] of [
      [2, scooters, SCOOTER_FAULTS[4]!, SCOOTER_FILES],
      [7, shops, SHOP_FAULTS[2]!, SHOP_FILES],
      [38, partner, PARTNER_FAULTS[0]!, []],
      [95, reports, REPORT_FAULTS[1]!, []],
    ] as const) {
      const { scenario, reporter } = this.reportFault(stream, fault, minutesAgo(minutes));
      if (files.length > 0) scenario.attach(files, reporter);
    }
    this.start(minutesAgo(12)).report(alertReport(ALERT_RULES[0]!, 'payments-3'));
    const offline = this.start(minutesAgo(21));
    const position = lastPosition(random);
    for (let n = 0; n < 2; n++) offline.report(offlineReport(LAST_SCOOTER, position, n)).wait(5);
    for (const [minutes, stream, fault] of [
      [55, scooters, SCOOTER_FAULTS[1]!],
      [80, shops, SHOP_FAULTS[0]!],
      [110, scooters, SCOOTER_FAULTS[3]!],
      [170, reports, REPORT_FAULTS[0]!],
      [240, partner, PARTNER_FAULTS[2]!],
    ] as const) {
      const worker = stream.worker(random);
      this.reportFault(stream, fault, minutesAgo(minutes))
        .scenario.wait(6)
        .update(worker, { status: 'IN_PROGRESS' })
        .wait(9)
        .update(worker, { addition: fault.progress[0] });
    }
  }
}

/** The number of a scooter that has no other scenario. */
const LAST_SCOOTER = 1_999;

const offlineReport = (scooterNumber: number, position: LastPosition, n: number): ReportIncidentCommand => ({
  ...FLEET_MONITOR,
  source: 'monitoring',
  description: offlineText(scooterNumber, position, n),
  dedupKey: `scooter-${scooterNumber}:offline`,
});

const alertReport = (rule: AlertRule, instance: string, urgent = false) => ({
  ...ALERTMANAGER,
  source: 'monitoring' as const,
  description: textOfAlert(rule, instance),
  dedupKey: `${rule.name}/${instance}`,
  urgent,
});

const isRussian = (text: string) => /\p{Script=Cyrillic}/u.test(text);

import { Random } from '../crash/random.js';
import { ChatNotices, type ReceivedNotice, type NoticeKind } from '../support/chat-notices.js';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { pause } from '../support/pause.js';
import { aPort } from '../support/ports.js';
import { killLeftovers, type Run, run } from '../support/processes.js';
import { TestTelegram, TOKEN } from '../support/telegram.js';
import { until } from '../support/until.js';

/** `NOTICES=full` takes many minutes, and depends on the machine: 300 people press buttons faster than the bot may answer. */
const [REPORTS, KILLS] = process.env['NOTICES'] === 'full' ? [300, 10] : [60, 3];

/** Between two reports, so that people report for as long as processes are killed. */
const REPORT_INTERVAL_MS = 150;
/** The longest time between the start of a process and its end. */
const MAX_LIFE_MS = 12_000;

/** More than Telegram allows, so that the test takes minutes; still fewer than there is to tell. */
const MESSAGES_PER_MINUTE = '60';

/** How late a reminder may be while the API runs. */
const TOLERANCE_MS = 5_000;
/** How long what a killed API had leased waits for another API: timers, and the setting of timers. */
const LEASE_MS = 30_000;
/** How long reminders follow each other without any excuse. */
const CALM_MS = 10_000;
/** How soon the chat is notified, with outages of the bot and the limit of messages. */
const TELL_TIMEOUT_MS = 240_000;
/** How soon a message is received, far less than a process needs to start. */
const RECEIVED_AFTER_MS = 200;
/** Beside the timers of 300 people, the checks need little time. */
const POLL_MS = 200;

interface Policy {
  readonly take_within?: string;
  readonly escalate_after?: number;
  readonly on_duty?: string;
}

/** The chats, and when people are reminded there. */
const POLICIES: ReadonlyMap<number, Policy> = new Map([
  [-1001, { take_within: '3s' }],
  [-1002, {}],
  [-1003, { take_within: '2s', escalate_after: 2, on_duty: '@anna' }],
]);

type Step = 'take' | 'resolve' | 'reopen' | 'close';

/** What people do with the reports, in turn. */
const PLANS: readonly (readonly Step[])[] = [
  [],
  ['take'],
  ['take', 'resolve'],
  ['take', 'resolve', 'close'],
  ['take', 'resolve', 'reopen', 'resolve', 'close'],
];

/** What a step is to the API, and the notice of it. */
const STEPS: Readonly<Record<Step, { readonly status: string; readonly notice: NoticeKind }>> = {
  take: { status: 'IN_PROGRESS', notice: 'taken' },
  resolve: { status: 'RESOLVED', notice: 'resolved' },
  reopen: { status: 'IN_PROGRESS', notice: 'reopened' },
  close: { status: 'CLOSED', notice: 'closed' },
};

/** A message that reports an incident, and what people do with the incident. */
interface Report {
  readonly chat: number;
  readonly message: number;
  readonly text: string;
  readonly plan: readonly Step[];
  /** The incident's, once it is in the register. */
  id: number;
}

interface HistoryEvent {
  readonly type: string;
  readonly at: string;
  readonly to?: string;
  readonly reminder_number?: number;
}

interface Outage {
  /** When the process was killed. */
  readonly from: number;
  /** When the process had ended, and what it had sent was received. */
  readonly ended: number;
  /** When it was ready again. */
  readonly to: number;
}

/** A process that is killed at random moments, and started again at once. */
class KilledProcess {
  readonly outages: Outage[] = [];
  private current: Run;

  constructor(
    private readonly start: () => Run,
    private readonly random: Random,
  ) {
    this.current = start();
  }

  ready(): Promise<string> {
    return this.current.ready();
  }

  async killRepeatedly(): Promise<void> {
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(this.random.below(MAX_LIFE_MS), 'each kill is at another moment of its work');
      const from = Date.now();
      await this.current.end('SIGKILL');
      const ended = Date.now() + RECEIVED_AFTER_MS;
      this.current = this.start();
      await this.ready();
      this.outages.push({ from, ended, to: Date.now() });
    }
  }
}

const timeOf = ({ at }: HistoryEvent) => Date.parse(at);

const isReminder = ({ type }: HistoryEvent) => type === 'reminded' || type === 'escalated';

/** The notices besides reminders. */
const newsIn = (received: readonly ReceivedNotice[]) =>
  received.filter(({ kind }) => kind !== 'reminder' && kind !== 'escalation');

/** How long nobody may have been reminded between these times: during outages of the API, and until what it had leased is free. */
function pausedMs(from: number, until: number, outages: readonly Outage[]): number {
  let [paused, counted] = [0, from];
  for (const outage of outages) {
    const begin = Math.max(outage.from, counted);
    counted = Math.max(counted, Math.min(outage.to + LEASE_MS, until));
    paused += Math.max(0, counted - begin);
  }
  return paused;
}

/**
 * What is wrong with the reminders of an incident: until somebody takes it, the first follows its report, and each other the last
 * one, after the time of the policy. After as many as the policy says, they are escalations.
 * @param end when reminders were switched off.
 */
function wrongReminders(
  history: readonly HistoryEvent[],
  { take_within: takeWithin, escalate_after: escalateAfter = Infinity }: Policy,
  end: number,
  outages: readonly Outage[],
): readonly string[] {
  const reminders = history.filter(isReminder);
  if (takeWithin === undefined) return reminders.map(({ type }) => `${type} without a policy`);
  const wrong: string[] = [];
  const intervalMs = Number.parseInt(takeWithin, 10) * 1_000;
  const taken = history.find(({ to }) => to === 'IN_PROGRESS');
  const times = [...history.slice(0, 1), ...reminders].map(timeOf);
  for (const [index, from] of times.entries()) {
    const to = times[index + 1];
    const until = to ?? (taken ? timeOf(taken) : end);
    const gapMs = until - from;
    const lateMs = gapMs - intervalMs - pausedMs(from, until, outages);
    if (to !== undefined && gapMs < intervalMs) wrong.push(`reminder ${index + 1} after ${gapMs} ms`);
    if (lateMs > TOLERANCE_MS) wrong.push(`no reminder ${index + 1} in ${gapMs} ms`);
  }
  for (const [index, { type, reminder_number: number }] of reminders.entries()) {
    const expected = index + 1 > escalateAfter ? 'escalated' : 'reminded';
    if (number !== index + 1 || type !== expected) wrong.push(`${type} ${number} as reminder ${index + 1}`);
  }
  return wrong;
}

/** No plan has the same step twice in a row: what comes twice in a row is a repeat. */
const withoutRepeats = (received: readonly ReceivedNotice[]) =>
  received.filter(({ kind }, index) => received[index - 1]?.kind !== kind);

/** A notice that came twice. */
interface Repeat {
  readonly first: ReceivedNotice;
  readonly again: ReceivedNotice;
}

/** What came twice. @throws if something did not come, or in another order. */
function repeatsIn(received: readonly ReceivedNotice[], expected: readonly NoticeKind[]): readonly Repeat[] {
  const repeats: Repeat[] = [];
  for (const [index, again] of received.entries()) {
    const first = received[index - 1];
    if (first?.kind === again.kind) repeats.push({ first, again });
  }
  expect(withoutRepeats(received).map(({ kind }) => kind)).toEqual(expected);
  return repeats;
}

describe('the bot', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let notices: ChatNotices;
  let apiUrl: string;
  let presses: number;

  beforeEach(async () => {
    presses = 0;
    database = await aDatabase();
    telegram = await TestTelegram.start();
    notices = new ChatNotices(telegram);
  });
  afterEach(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  /** Sends a request until the API responds, which may be down. */
  const request = async <Body>(method: string, path: string, json?: object, key?: string): Promise<Body> => {
    const respond = async () => {
      const response = await fetch(`${apiUrl}/api/v1${path}`, {
        method,
        headers: {
          'X-Access-Key': 'key',
          'Content-Type': 'application/json',
          ...(key !== undefined && { 'Idempotency-Key': key }),
        },
        ...(json && { body: JSON.stringify(json) }),
      });
      const body = (await response.json()) as Body & { readonly code?: string };
      if (response.status === 503 || body.code === 'idempotency.key-in-use') return undefined;
      if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(body)}`);
      return body;
    };
    const isDown = (error: Error) => {
      // Of another realm than the classes of this test: the connection was refused, or lost within the body.
      if (['TypeError', 'SyntaxError'].includes(error.name)) return undefined;
      throw error;
    };
    return until(() => respond().catch(isDown), { intervalMs: POLL_MS, timeoutMs: 60_000 }) as Promise<Body>;
  };

  const setPolicies = (policyOf: (chat: number) => Policy) =>
    Promise.all([...POLICIES.keys()].map((chat) => request('PUT', `/policies/tg:${chat}`, policyOf(chat))));

  const idOf = ({ chat, message }: Report) => {
    const path = `/incidents?origin=tg:${chat}:${message}`;
    const find = async () => (await request<{ id: number }[]>('GET', path))[0]?.id;
    return until(find, { intervalMs: POLL_MS, timeoutMs: TELL_TIMEOUT_MS });
  };

  /** By a button if the chat shows it, else over REST. @param number of the step. */
  const takeStep = async ({ id, chat }: Report, step: Step, number: number, byButton: boolean) => {
    const data = `${step}:${id}`;
    const message = byButton && telegram.said(chat).find(({ buttons }) => buttons.includes(data));
    if (message) {
      telegram.press(message, data, chat);
      presses++;
    } else await request('PATCH', `/incidents/${id}`, { status: STEPS[step].status }, `${id}-${number}`);
  };

  /** Takes each step of the plan once the chat was notified of the one before. */
  const carryOut = async (report: Report, random: Random) => {
    report.id = await idOf(report);
    for (const [number, step] of report.plan.entries()) {
      await pause(random.below(2_000), 'people take their time');
      await takeStep(report, step, number, random.happens(0.5));
      const isTold = () => withoutRepeats(newsIn(notices.of(report.id))).length > number;
      await until(isTold, {
        intervalMs: POLL_MS,
        timeoutMs: TELL_TIMEOUT_MS,
        state: () => JSON.stringify(report),
      });
    }
  };

  /** The reminders that no message has brought since, neither by naming the incident nor by counting it. */
  const missingReminders = ({ id, chat }: Report, history: readonly HistoryEvent[]) => {
    const received = [...notices.of(id), ...notices.counted.filter((each) => each.chat === chat)];
    return history.filter(isReminder).filter((reminder) => {
      const delaysMs = received.map(({ at }) => at.getTime() - timeOf(reminder));
      return !delaysMs.some((delayMs) => delayMs >= 0 && delayMs < TELL_TIMEOUT_MS);
    });
  };

  it(`tells of ${REPORTS} reports all that happens once, and reminds of what nobody takes, while it and the API are killed ${KILLS} times each`, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    const random = new Random(seed);
    const PORT = String(await aPort());
    apiUrl = `http://127.0.0.1:${PORT}`;
    const api = new KilledProcess(
      () => run('api', { DATABASE_URL: database.url, PORT }),
      new Random(seed + 1),
    );
    await api.ready();
    const startBot = () =>
      run('bot', {
        API_URL: apiUrl,
        TELEGRAM_BOT_TOKEN: TOKEN,
        TELEGRAM_CHAT_ID: [...POLICIES.keys()].join(','),
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_MESSAGES_PER_MINUTE: MESSAGES_PER_MINUTE,
        BOT_LANGUAGE: 'en',
        BOT_PORT: '0',
      });
    const bot = new KilledProcess(startBot, new Random(seed + 2));
    await setPolicies((chat) => POLICIES.get(chat)!);
    // A chat is notified of what happens from the first time on that the bot has read its position.
    const positions = `SELECT FROM feed_consumers WHERE name LIKE 'chat.tg.%'`;
    await until(async () => (await database.query(positions)).length === POLICIES.size);

    const reports: Report[] = [];
    const people: Promise<void>[] = [];
    const reportAll = async () => {
      const chats = [...POLICIES.keys()];
      for (let n = 0; n < REPORTS; n++) {
        const [chat, text] = [chats[n % chats.length]!, `Scooter ${n} does not start`];
        const message = await telegram.write(text, {}, chat);
        const report = { chat, message, text, plan: PLANS[n % PLANS.length]!, id: 0 };
        reports.push(report);
        people.push(carryOut(report, random));
        // It is awaited below, once everything is reported.
        people.at(-1)!.catch(() => undefined);
        await pause(REPORT_INTERVAL_MS, 'people report for as long as processes are killed');
      }
    };
    await Promise.all([reportAll(), bot.killRepeatedly(), api.killRepeatedly()]);
    await Promise.all(people);
    const lastOutage = api.outages.at(-1)!;
    await until(() => Date.now() > lastOutage.to + LEASE_MS + CALM_MS, { timeoutMs: LEASE_MS + 2 * CALM_MS });
    const end = Date.now();
    await setPolicies(() => ({}));
    const histories = new Map<Report, readonly HistoryEvent[]>();
    for (const report of reports)
      histories.set(report, await request('GET', `/incidents/${report.id}/events`));
    const missing = () => reports.flatMap((report) => missingReminders(report, histories.get(report)!));
    await until(() => missing().length === 0 && telegram.undelivered === 0, {
      intervalMs: POLL_MS,
      timeoutMs: TELL_TIMEOUT_MS,
      state: () => `seed ${seed}, missing: ${JSON.stringify(missing())}`,
    });

    const rows = await database.query<{ description: string }>('SELECT description FROM incidents');
    const texts = (of: readonly string[]) => of.toSorted();
    expect(texts(rows.map(({ description }) => description))).toEqual(texts(reports.map(({ text }) => text)));
    const wrong = reports.flatMap((report) =>
      wrongReminders(histories.get(report)!, POLICIES.get(report.chat)!, end, api.outages).map(
        (what) => `#${report.id} in ${report.chat}: ${what}`,
      ),
    );
    expect(wrong).toEqual([]);
    const misplaced = reports.flatMap(({ id, chat, message }) =>
      notices
        .of(id)
        .filter((received) => received.chat !== chat || (received.isAlone && received.replyTo !== message)),
    );
    expect(misplaced).toEqual([]);
    // Telegram may have a message when the bot is killed, before it stores that the chat was notified: the last one of a chat, no other.
    const repeats = reports.flatMap(({ id, plan }) =>
      repeatsIn(
        newsIn(notices.of(id)),
        plan.map((step) => STEPS[step].notice),
      ),
    );
    const received = reports.flatMap(({ id }) => notices.of(id));
    const isExplained = ({ first, again }: Repeat) =>
      bot.outages.some(({ from, ended }) => {
        const isLast = !received.some(
          ({ chat, at }) => chat === first.chat && first.at < at && at.getTime() <= ended,
        );
        return isLast && first.at.getTime() <= ended && from <= again.at.getTime();
      });
    expect(repeats.filter((repeat) => !isExplained(repeat))).toEqual([]);

    const reminders = [...histories.values()].flat().filter(isReminder).length;
    const alone = received.filter(({ isAlone }) => isAlone).length;
    process.stdout.write(
      `seed ${seed}: ${REPORTS} reports, ${presses} steps by buttons, ${reminders} reminders; ${received.length} things, ` +
        `${alone} of them alone, and ${repeats.length} twice because of ${KILLS} kills\n`,
    );
  }, 600_000);
});

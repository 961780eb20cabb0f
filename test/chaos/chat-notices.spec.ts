import { Random } from '../crash/random.js';
import { ChatNotices, type Told, type ToldKind } from '../support/chat-notices.js';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { pause } from '../support/pause.js';
import { aPort } from '../support/ports.js';
import { killLeftovers, type Run, run } from '../support/processes.js';
import { TestTelegram, TOKEN } from '../support/telegram.js';
import { until } from '../support/until.js';

/** More with `FULL=1`. */
const REPORTS = process.env['FULL'] ? 300 : 60;
const KILLS = process.env['FULL'] ? 10 : 3;

/** The chats, and when people are reminded there. */
const CHATS = [
  { id: -1001, policy: { take_within: '3s' } },
  { id: -1002, policy: { take_within: null } },
  { id: -1003, policy: { take_within: '2s', escalate_after: 2, on_duty: '@anna' } },
] as const;

type Step = 'take' | 'resolve' | 'reopen' | 'close';

/** What people do with the reports, in turn. */
const PLANS: readonly (readonly Step[])[] = [
  [],
  ['take'],
  ['take', 'resolve'],
  ['take', 'resolve', 'close'],
  ['take', 'resolve', 'reopen', 'resolve', 'close'],
];

/** What a step is to the API, and what the reporter is told of it. */
const STEPS: Record<Step, { readonly status: string; readonly told: ToldKind }> = {
  take: { status: 'IN_PROGRESS', told: 'taken' },
  resolve: { status: 'RESOLVED', told: 'resolved' },
  reopen: { status: 'IN_PROGRESS', told: 'reopened' },
  close: { status: 'CLOSED', told: 'closed' },
};

/** How late a reminder may be while the API runs. */
const TOLERANCE_MS = 3_000;
/** How long a timer that a killed API had leased waits for another one. */
const LEASE_MS = 30_000;
/** How soon the bot tells what happened, its own outages and the limits of Telegram included. */
const TELL_TIMEOUT_MS = 120_000;

const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

/** A report in a chat, and what people do with it. */
interface Report {
  readonly chat: (typeof CHATS)[number];
  readonly text: string;
  readonly plan: readonly Step[];
  /** The message in which it was reported. */
  readonly message: number;
  id: number;
}

interface HistoryEvent {
  readonly type: string;
  readonly at: string;
  readonly to?: string;
  readonly reminder_number?: number;
}

/** A process that is killed at random moments, and started again at once. */
class KilledProcess {
  /** From each kill until it was ready again. */
  readonly outages: { readonly from: number; readonly to: number }[] = [];
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

  async killRepeatedly(times: number, maxPauseMs: number): Promise<void> {
    for (let kill = 0; kill < times; kill++) {
      await pause(this.random.below(maxPauseMs), 'each kill is at another moment of its work');
      const from = Date.now();
      await this.current.end('SIGKILL');
      this.current = this.start();
      await this.ready();
      this.outages.push({ from, to: Date.now() });
    }
  }
}

const isReminder = ({ type }: HistoryEvent) => type === 'reminded' || type === 'escalated';

/** What was told besides reminders. */
const newsOf = (told: readonly Told[]) =>
  told.filter(({ kind }) => kind !== 'reminder' && kind !== 'escalation');

/** Whether the last reminder still applies, and no message has told it. */
function isReminderUntold(history: readonly HistoryEvent[], told: readonly Told[]): boolean {
  const last = history.at(-1)!;
  return isReminder(last) && !told.some(({ at }) => at >= new Date(last.at));
}

/**
 * What is wrong with the reminders of an incident: while nobody has taken it, they follow its report, and then each other, after the
 * time of the policy.
 */
function wrongReminders(
  history: readonly HistoryEvent[],
  policy: { readonly take_within: string | null; readonly escalate_after?: number },
  { endedAt, outages }: { readonly endedAt: number; readonly outages: KilledProcess['outages'] },
): string[] {
  const wrong: string[] = [];
  const timeOf = ({ at }: HistoryEvent) => Date.parse(at);
  const reminders = history.filter(isReminder);
  if (policy.take_within === null) return reminders.length > 0 ? ['a reminder without a policy'] : [];
  const afterMs = Number.parseInt(policy.take_within, 10) * 1_000;
  const takenAt = history.find(({ to }) => to === 'IN_PROGRESS');
  const times = [timeOf(history[0]!), ...reminders.map(timeOf), takenAt ? timeOf(takenAt) : endedAt];
  for (const [n, time] of times.slice(1).entries()) {
    const from = times[n]!;
    const isEnd = n === reminders.length;
    const hits = outages.filter((outage) => outage.from < time && outage.to > from);
    const outageMs = hits.reduce((sum, outage) => sum + outage.to - outage.from + LEASE_MS, 0);
    if (!isEnd && time - from < afterMs) wrong.push(`reminder ${n + 1} after ${time - from} ms`);
    if (time - from > afterMs + TOLERANCE_MS + outageMs)
      wrong.push(`no reminder ${n + 1} in ${time - from} ms`);
  }
  for (const [n, { type, reminder_number: number }] of reminders.entries()) {
    const isEscalated = policy.escalate_after !== undefined && n + 1 > policy.escalate_after;
    if (number !== n + 1 || type !== (isEscalated ? 'escalated' : 'reminded'))
      wrong.push(`${type} ${number} as reminder ${n + 1}`);
  }
  return wrong;
}

/** What was told in another chat, or does not reply to the report. */
function misplaced({ chat, message }: Report, told: readonly Told[]): readonly Told[] {
  return told.filter((each) => each.chat !== chat.id || (each.isAlone && each.replyTo !== message));
}

/** What was told twice. @throws if anything is missing, or told in another order. */
function repeatsIn(told: readonly Told[], expected: readonly ToldKind[]): { first: Told; again: Told }[] {
  const repeats: { first: Told; again: Told }[] = [];
  const once = told.filter((each, n) => {
    const first = told[n - 1];
    if (first?.kind !== each.kind) return true;
    repeats.push({ first, again: each });
    return false;
  });
  expect(once.map(({ kind }) => kind)).toEqual(expected);
  return repeats;
}

describe('the notices of the bot in chats', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let notices: ChatNotices;
  let apiUrl: string;

  beforeEach(async () => {
    database = await aDatabase();
    telegram = await TestTelegram.start();
    notices = new ChatNotices(telegram);
  });
  afterEach(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  /** Sends a request until the API answers, which may be down. */
  const request = async <Body>(method: string, path: string, json?: object, key?: string): Promise<Body> =>
    until(
      async () => {
        const response = await fetch(`${apiUrl}/api/v1${path}`, {
          method,
          headers: { ...HEADERS, ...(key !== undefined && { 'Idempotency-Key': key }) },
          ...(json && { body: JSON.stringify(json) }),
        }).catch(() => undefined);
        if (response && response.status >= 400 && response.status !== 503)
          throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
        return response?.ok
          ? ((await response.json().catch(() => undefined)) as Body | undefined)
          : undefined;
      },
      { intervalMs: 200, timeoutMs: 60_000 },
    ) as Promise<Body>;

  const setPolicies = (policyOf: (chat: (typeof CHATS)[number]) => object) =>
    Promise.all(CHATS.map((chat) => request('PUT', `/policies/tg:${chat.id}`, policyOf(chat))));

  /** Takes a step by a button if the chat shows one, else over REST. */
  const takeStep = async ({ id, chat }: Report, step: Step, number: number, byButton: boolean) => {
    const data = `${step}:${id}`;
    const message = byButton && telegram.said(chat.id).find(({ buttons }) => buttons.includes(data));
    if (message) telegram.press(message, data, chat.id);
    else await request('PATCH', `/incidents/${id}`, { status: STEPS[step].status }, `${id}-${number}`);
  };

  it(`tell of ${REPORTS} reports everything once, and remind of what nobody takes, while the bot and the API are killed ${KILLS} times each`, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    const random = new Random(seed);
    const PORT = String(await aPort());
    apiUrl = `http://127.0.0.1:${PORT}`;
    const api = new KilledProcess(
      () => run('api', { DATABASE_URL: database.url, PORT }),
      new Random(seed + 1),
    );
    await api.ready();
    const bot = new KilledProcess(
      () =>
        run('bot', {
          API_URL: apiUrl,
          TELEGRAM_BOT_TOKEN: TOKEN,
          TELEGRAM_CHAT_ID: CHATS.map(({ id }) => id).join(','),
          TELEGRAM_API_ROOT: telegram.url,
          BOT_LANGUAGE: 'en',
          BOT_PORT: '0',
        }),
      new Random(seed + 2),
    );
    await bot.ready();
    await setPolicies(({ policy }) => policy);

    // People report, and do with each report what its plan says: the next step once the chat was told of the last one.
    const idOf = async (message: number, chat: number) =>
      until(
        async () => {
          const rows = await database.query<{ id: number }>(
            'SELECT id::int FROM incidents WHERE origin = $1',
            [`tg:${chat}:${message}`],
          );
          return rows[0]?.id;
        },
        { intervalMs: 200, timeoutMs: TELL_TIMEOUT_MS },
      );
    const carryOut = async (report: Report, n: number) => {
      report.id = await idOf(report.message, report.chat.id);
      for (const [number, step] of report.plan.entries()) {
        await pause(random.below(2_000), 'people take their time');
        await takeStep(report, step, number, (n + number) % 2 === 0);
        const isTold = () => newsOf(notices.of(report.id)).length > number;
        await until(isTold, { intervalMs: 200, timeoutMs: TELL_TIMEOUT_MS });
      }
    };
    const reports: Report[] = [];
    const people: Promise<void>[] = [];
    const reporting = (async () => {
      for (let n = 0; n < REPORTS; n++) {
        const chat = CHATS[n % CHATS.length]!;
        const text = `Scooter ${n} does not start`;
        const report = {
          chat,
          text,
          plan: PLANS[n % PLANS.length]!,
          message: await telegram.write(text, {}, chat.id),
          id: 0,
        };
        reports.push(report);
        people.push(carryOut(report, n));
        await pause(50, 'people report for as long as processes are killed');
      }
    })();
    await Promise.all([reporting, bot.killRepeatedly(KILLS, 4_000), api.killRepeatedly(KILLS, 4_000)]);
    await Promise.all(people);

    // Nobody is reminded from here on. What was told too late to matter is told all the same.
    const endedAt = Date.now();
    await setPolicies(() => ({}));
    await until(() => telegram.undelivered === 0, { timeoutMs: TELL_TIMEOUT_MS });
    const histories = new Map<Report, readonly HistoryEvent[]>();
    for (const report of reports)
      histories.set(report, await request('GET', `/incidents/${report.id}/events`));
    const untold = () =>
      reports.filter((report) => isReminderUntold(histories.get(report)!, notices.of(report.id)));
    await until(() => untold().length === 0, {
      intervalMs: 200,
      timeoutMs: TELL_TIMEOUT_MS,
      state: () => JSON.stringify(untold()),
    });

    const rows = await database.query<{ description: string }>('SELECT description FROM incidents');
    expect(rows.map(({ description }) => description).toSorted()).toEqual(
      reports.map(({ text }) => text).toSorted(),
    );

    const outages = api.outages;
    for (const report of reports) {
      const history = histories.get(report)!;
      expect(wrongReminders(history, report.chat.policy, { endedAt, outages })).toEqual([]);
      const told = notices.of(report.id);
      expect(misplaced(report, told)).toEqual([]);
    }
    const repeats = reports.flatMap((report) => {
      const expected = report.plan.map((step) => STEPS[step].told);
      return repeatsIn(newsOf(notices.of(report.id)), expected);
    });
    // A repeat is only possible where the bot was killed after Telegram's response, and before it had stored that it was told.
    expect(
      repeats.filter(
        ({ first, again }) =>
          !bot.outages.some(({ from }) => first.at.getTime() <= from && from <= again.at.getTime()),
      ),
    ).toEqual([]);
    const reminders = [...histories.values()].flat().filter(isReminder).length;
    process.stdout.write(
      `seed ${seed}: ${REPORTS} reports, ${reminders} reminders; ${repeats.length} things were told twice, after ${KILLS} kills\n`,
    );
  }, 600_000);
});

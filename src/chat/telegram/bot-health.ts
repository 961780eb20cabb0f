/** After so many seconds without an answer from Telegram, a long poll of 30 s has failed more than once. */
const POLL_IS_OLD = 90;

type Check = { readonly status: 'up' } | { readonly status: 'down'; readonly message: string };

/** How well the bot is: whether Telegram and the register answer it. */
export class BotHealth {
  private readonly began: number;
  private polledAt: number | undefined;
  private telegramFault: string | undefined;
  private registerFault: string | undefined = 'not asked yet';
  private brokersFault: string | undefined;
  private hasBrokers = false;
  private readonly chatFaults = new Map<number, string>();
  private registerAskedAt = -Infinity;

  /** @param now milliseconds since any moment that stays the same. */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.began = now();
  }

  /** Telegram has answered. */
  polled(): void {
    this.polledAt = this.now();
    this.telegramFault = undefined;
  }

  /** Telegram refuses, and will until a person does something. */
  pollRefused(reason: string): void {
    this.telegramFault = reason;
  }

  registerAnswered(): void {
    this.registerAskedAt = this.now();
    this.registerFault = undefined;
  }

  registerAway(reason: string): void {
    this.registerAskedAt = this.now();
    this.registerFault = reason;
  }

  brokersAnswered(): void {
    this.hasBrokers = true;
    this.brokersFault = undefined;
  }

  brokersAway(reason: string): void {
    this.hasBrokers = true;
    this.brokersFault = reason;
  }

  chatReachable(id: number): void {
    this.chatFaults.delete(id);
  }

  /** A chat that the bot is to serve is not there for it. */
  chatUnreachable(id: number, reason: string): void {
    this.chatFaults.set(id, reason);
  }

  /** Seconds since Telegram last answered or, where it never did, since the start. */
  get secondsSincePoll(): number {
    return (this.now() - (this.polledAt ?? this.began)) / 1_000;
  }

  get millisecondsSinceRegister(): number {
    return this.now() - this.registerAskedAt;
  }

  /** What there is to say of each; of Kafka, where it was asked; of the chats, where one cannot be reached. */
  get checks(): {
    readonly telegram: Check;
    readonly register: Check;
    readonly kafka?: Check;
    readonly chats?: Check;
  } {
    return {
      telegram: checkOf(this.telegramProblem),
      register: checkOf(this.registerFault),
      ...(this.hasBrokers && { kafka: checkOf(this.brokersFault) }),
      ...(this.chatFaults.size > 0 && { chats: checkOf([...this.chatFaults.values()].join('; ')) }),
    };
  }

  private get telegramProblem(): string | undefined {
    if (this.telegramFault) return this.telegramFault;
    if (this.polledAt === undefined) return 'no answer yet';
    const seconds = this.secondsSincePoll;
    return seconds > POLL_IS_OLD ? `no answer for ${Math.round(seconds)} s` : undefined;
  }
}

const checkOf = (problem: string | undefined): Check =>
  problem === undefined ? { status: 'up' } : { status: 'down', message: problem };

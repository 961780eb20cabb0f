import { type Dependency, DependencyHealth } from '../../core/api/monitoring-ports.js';

/** A long poll takes 30 s: by then, more than one has failed. */
const MAX_POLL_AGE_S = 90;

type Check = { readonly status: 'up' } | { readonly status: 'down'; readonly message: string };

/** Whether Telegram and the dependencies answer the bot. */
export class BotHealth extends DependencyHealth {
  private readonly startedAt: number;
  private polledAt: number | undefined;
  /** Undefined for what answers. */
  private readonly faults = new Map<Dependency | 'telegram', string | undefined>([
    ['telegram', 'no answer yet'],
    ['api', 'no request yet'],
  ]);
  private readonly chatFaults = new Map<number, string>();
  private apiRequestedAt = -Infinity;

  /** @param now milliseconds since any fixed moment. */
  constructor(private readonly now: () => number = () => performance.now()) {
    super();
    this.startedAt = now();
  }

  /** Telegram has answered a poll. */
  polled(): void {
    this.polledAt = this.now();
    this.faults.set('telegram', undefined);
  }

  /** Telegram rejects polls, and will until a person does something. */
  pollRejected(reason: string): void {
    this.faults.set('telegram', reason);
  }

  override answered(dependency: Dependency): void {
    this.record(dependency, undefined);
  }

  override unavailable(dependency: Dependency, reason: string): void {
    this.record(dependency, reason);
  }

  chatReachable(id: number): void {
    this.chatFaults.delete(id);
  }

  /** A served chat does not exist, or the bot is no member of it. */
  chatUnreachable(id: number, reason: string): void {
    this.chatFaults.set(id, reason);
  }

  /** Since Telegram last answered a poll or, where it never did, since the start. */
  get secondsSincePoll(): number {
    return (this.now() - (this.polledAt ?? this.startedAt)) / 1_000;
  }

  get millisecondsSinceApiRequest(): number {
    return this.now() - this.apiRequestedAt;
  }

  /** Kafka is checked once it was used; the chats are listed where one is unreachable. */
  get checks(): {
    readonly telegram: Check;
    readonly api: Check;
    readonly kafka?: Check;
    readonly chats?: Check;
  } {
    return {
      telegram: checkOf(this.faults.get('telegram') ?? this.silence),
      api: checkOf(this.faults.get('api')),
      ...(this.faults.has('kafka') && { kafka: checkOf(this.faults.get('kafka')) }),
      ...(this.chatFaults.size > 0 && { chats: checkOf([...this.chatFaults.values()].join('; ')) }),
    };
  }

  private record(dependency: Dependency, fault: string | undefined): void {
    if (dependency === 'api') this.apiRequestedAt = this.now();
    this.faults.set(dependency, fault);
  }

  private get silence(): string | undefined {
    const seconds = this.secondsSincePoll;
    return seconds > MAX_POLL_AGE_S ? `no answer for ${Math.round(seconds)} s` : undefined;
  }
}

const checkOf = (fault: string | undefined): Check =>
  fault === undefined ? { status: 'up' } : { status: 'down', message: fault };

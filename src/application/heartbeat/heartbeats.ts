import type { Evaluation, Outage } from '../../domain/heartbeat/evaluation.js';
import type { Heartbeat, HeartbeatSettings, PingKind } from '../../domain/heartbeat/heartbeat.js';

/** The maximum size of a stored output of a job, in bytes; of longer ones the end is stored. */
export const MAX_OUTPUT_BYTES = 100_000;

/** How many outputs of a heartbeat are stored, the last ones. */
export const MAX_OUTPUTS = 5;

/** A ping of a job. */
export interface Ping {
  readonly kind: PingKind;
  /** Of a failure, if the job has said it. */
  readonly exitCode: number | undefined;
  /** What the job printed; undefined if it sent nothing. */
  readonly output: Buffer | undefined;
}

/** The stored output of a ping. */
export interface PingOutput {
  readonly kind: PingKind;
  readonly exitCode: number | undefined;
  readonly at: Date;
  readonly output: Buffer;
}

/** A page of heartbeats by name. */
export interface HeartbeatPage {
  /** The name before the first one; the first page without it. */
  readonly after?: string;
  readonly limit: number;
  /** Leaves out those without a problem. */
  readonly withProblem?: boolean;
}

/** A heartbeat after it was stored. */
export interface StoredHeartbeat {
  readonly heartbeat: Heartbeat;
  /** The token of the ping URL of a new heartbeat. */
  readonly token: string | undefined;
}

/** What a look for due heartbeats finds, by the clock of the store. */
export interface Look {
  /** When any process looked last; undefined as long as there are no heartbeats. */
  readonly lastLookAt: Date | undefined;
  readonly now: Date;
  readonly isAnyDue: boolean;
}

/**
 * Stores heartbeats. Times are those of the store's clock, which all processes have in common: their own clocks may differ. Every method
 * may throw StoreUnavailable.
 */
export abstract class Heartbeats {
  /** Heartbeats by name. */
  abstract page(page: HeartbeatPage): Promise<readonly Heartbeat[]>;

  abstract find(name: string): Promise<Heartbeat | undefined>;

  /** Creates a heartbeat, or replaces the settings of the one with this name. Its pings and its problem stay. */
  abstract store(name: string, settings: HeartbeatSettings): Promise<StoredHeartbeat>;

  /** Replaces the token of the ping URL: the earlier one is void at once. @returns undefined if there is no such heartbeat. */
  abstract rotateToken(name: string): Promise<string | undefined>;

  /** @returns whether there was such a heartbeat. */
  abstract delete(name: string): Promise<boolean>;

  /**
   * Records a ping. Its consequences follow from the next evaluation.
   * @returns whether the heartbeat is due for evaluation now; undefined if no heartbeat has this token.
   */
  abstract ping(token: string, ping: Ping): Promise<{ readonly isDue: boolean } | undefined>;

  /** The last outputs of a heartbeat, the newest first; undefined if there is no such heartbeat. */
  abstract outputs(name: string): Promise<readonly PingOutput[] | undefined>;
}

/** Finds and completes due heartbeats. Any number of processes use it at the same time. Every method may throw StoreUnavailable. */
export abstract class DueHeartbeats {
  abstract look(): Promise<Look>;

  /**
   * Stores when a process looked, unless another one did so meanwhile.
   * @param isOutage stores the time since the last look as an outage.
   */
  abstract storeLook(look: Look, isOutage: boolean): Promise<void>;

  /** Stores that the clock was set back: no stored time is later than now any more, and all heartbeats are evaluated again. */
  abstract setBack(look: Look): Promise<void>;

  /**
   * Evaluates heartbeats that are due, the longest overdue first, and stores what follows: each heartbeat and its incident in one transaction.
   * Heartbeats that another process is evaluating are left to it.
   * @param evaluate must depend on its arguments only: it may be called again.
   * @returns the number of evaluated heartbeats.
   */
  abstract evaluateDue(
    now: Date,
    limit: number,
    evaluate: (heartbeat: Heartbeat, outages: readonly Outage[], now: Date) => Evaluation,
  ): Promise<number>;
}

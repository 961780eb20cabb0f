import { Injectable } from '@nestjs/common';
import { Clock } from '../operations/clock.js';
import { Heartbeats, MAX_OUTPUT_BYTES, type Ping } from './heartbeats.js';
import { HeartbeatMetrics } from './heartbeat-metrics.js';
import { PingListener } from './ping-listener.js';
import { PingRates } from './ping-rates.js';

/** What became of a ping. */
export type PingOutcome =
  | { readonly type: 'recorded' }
  /** No heartbeat has this token. */
  | { readonly type: 'unknown' }
  | { readonly type: 'rate-limited'; readonly retryAfterSeconds: number };

/** Records the pings of jobs. */
@Injectable()
export class ReceivePing {
  private readonly rates = new PingRates();

  constructor(
    private readonly heartbeats: Heartbeats,
    private readonly metrics: HeartbeatMetrics,
    private readonly listener: PingListener,
    private readonly clock: Clock,
  ) {}

  /** Records a ping; of a long output, the end. @throws StoreUnavailable */
  async execute(token: string, { kind, exitCode, output }: Ping): Promise<PingOutcome> {
    const now = this.clock.now();
    const retryAfterSeconds = this.rates.secondsToWait(token, now);
    if (retryAfterSeconds !== undefined) return { type: 'rate-limited', retryAfterSeconds };
    const recorded = await this.heartbeats.ping(token, {
      kind,
      exitCode,
      output: output && output.length > 0 ? output.subarray(-MAX_OUTPUT_BYTES) : undefined,
    });
    if (!recorded) return { type: 'unknown' };
    this.rates.count(token, now);
    this.metrics.pinged(kind);
    if (recorded.isDue) this.listener.due();
    return { type: 'recorded' };
  }
}

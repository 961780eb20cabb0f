import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EvaluateHeartbeats } from '../../../application/heartbeat/evaluate-heartbeats.js';
import { PingListener } from '../../../application/heartbeat/ping-listener.js';
import { PacedLoop } from '../../paced-loop.js';

/** The pause between two looks for due heartbeats. */
const POLL_MS = 500;

/** Evaluates heartbeats that are due. All processes do so; a ping with consequences ends the pause of the process that received it. */
@Injectable()
export class HeartbeatWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: PacedLoop;

  constructor(
    evaluateHeartbeats: EvaluateHeartbeats,
    private readonly pings: PingListener,
  ) {
    this.loop = new PacedLoop({
      name: 'evaluation of heartbeats',
      context: 'Heartbeats',
      run: () => evaluateHeartbeats.execute(),
      idleMs: { first: POLL_MS, max: POLL_MS },
    });
  }

  onApplicationBootstrap(): void {
    this.pings.onDue(() => this.loop.wake());
    this.loop.start();
  }

  /** Ends the watch: whoever closes the listener calls it first, since no ping arrives any more. */
  async stop(): Promise<void> {
    await this.loop.stop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }
}

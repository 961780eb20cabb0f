import type { HeartbeatAction } from '../../domain/heartbeat/evaluation.js';
import type { PingKind } from '../../domain/heartbeat/heartbeat.js';

/** Counts what happens to heartbeats. */
export abstract class HeartbeatMetrics {
  /** Counts a ping that was recorded. */
  abstract pinged(kind: PingKind): void;

  /** Counts an action that was committed. */
  abstract acted(action: HeartbeatAction): void;
}

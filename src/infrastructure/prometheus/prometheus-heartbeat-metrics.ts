import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { HeartbeatMetrics } from '../../application/heartbeat/heartbeat-metrics.js';
import type { HeartbeatAction } from '../../domain/heartbeat/evaluation.js';
import {
  HEARTBEAT_PROBLEMS,
  type HeartbeatProblem,
  PING_KINDS,
  type PingKind,
} from '../../domain/heartbeat/heartbeat.js';
import { Database } from '../postgres/connection/database.js';
import { COUNT_PROBLEMS, OVERDUE_HEARTBEAT } from '../postgres/heartbeat/heartbeat-statements.js';
import { type PreboundSeries, PreboundCounter } from './prebound-counter.js';
import { registerStoreGauges } from './store-gauges.js';

const GAUGES = {
  problems: {
    name: 'heartbeats_with_problem',
    help: 'Heartbeats of which a ping is missing, or whose job has failed.',
    labelNames: ['problem'],
  },
  overdue: {
    name: 'heartbeats_overdue_seconds',
    help: 'How long the oldest heartbeat that is due has waited for its evaluation; 0 without one.',
  },
};

/** Metrics of heartbeats: none has a name or a token. */
@Injectable()
export class PrometheusHeartbeatMetrics extends HeartbeatMetrics {
  private readonly pings = {} as Record<PingKind, PreboundSeries>;
  private readonly actions = {} as Record<HeartbeatProblem | 'resolved', PreboundSeries>;

  constructor(registry: Registry, database: Database) {
    super();
    const pings = new PreboundCounter(
      registry,
      'heartbeat_pings_total',
      'Pings that this process has recorded.',
      ['kind'],
    );
    for (const kind of PING_KINDS) this.pings[kind] = pings.series({ kind });
    const actions = new PreboundCounter(
      registry,
      'heartbeat_actions_total',
      'Problems of heartbeats that this process has reported, and those that it has resolved.',
      ['action'],
    );
    for (const action of [...HEARTBEAT_PROBLEMS, 'resolved'] as const)
      this.actions[action] = actions.series({ action });
    registerStoreGauges(registry, GAUGES, async ({ problems, overdue }) => {
      const [counted, [row]] = await Promise.all([
        database.query<{ problem: HeartbeatProblem; heartbeats: number }>(COUNT_PROBLEMS),
        database.query<{ seconds: number }>(OVERDUE_HEARTBEAT),
      ]);
      for (const problem of HEARTBEAT_PROBLEMS) problems.set({ problem }, 0);
      for (const { problem, heartbeats } of counted) problems.set({ problem }, heartbeats);
      overdue.set(row!.seconds);
    });
  }

  pinged(kind: PingKind): void {
    this.pings[kind].count++;
  }

  acted(action: HeartbeatAction): void {
    this.actions[action.type === 'resolve' ? 'resolved' : action.problem].count++;
  }
}

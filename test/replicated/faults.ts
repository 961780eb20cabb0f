import { interruption } from '../../bench/interruption.ts';
import { pause } from '../support/pause.ts';
import { until } from '../support/until.ts';
import type { Apis } from './apis.ts';
import type { Cluster } from './cluster.ts';
import type { DatabaseNode } from './database-node.ts';
import type { TestBrokers } from './kafka-load.ts';

/** What faults are injected into. */
export interface Drill {
  readonly cluster: Cluster;
  readonly apis: Apis;
  /** Undefined in a drill without Kafka. */
  readonly brokers: TestBrokers | undefined;
  /** Resolves when a write has been acknowledged after this call. */
  readonly untilWritten: () => Promise<void>;
}

/** A fault, with what the clients may notice of it. */
export interface Fault {
  readonly summary: string;
  /** Whether clients may lose their connections: only if what they are connected to dies. */
  readonly breaksConnections?: boolean;
  readonly needsKafka?: boolean;
  /** Injects the fault, and repairs what it has broken; resolves when the cluster is complete again. */
  readonly inject: (drill: Drill) => Promise<void>;
}

/** How long a machine that failed stays away when there is a primary again: longer than it takes to name another synchronous standby. */
const DOWNTIME_MS = 8_000;
/** How long the standbys lag behind before the primary dies: with asynchronous replication, these commits are lost. */
const LAG_MS = 500;
/** Longer than the lease of a primary. */
const FROZEN_MS = 35_000;
/** Until systemd starts a process again. */
const RESTART_DELAY_MS = 1_000;

/** Waits until writes succeed without a node, brings it back, and waits until it follows the primary. */
async function bringBack({ cluster, untilWritten }: Drill, node: DatabaseNode, bring: () => void) {
  await cluster.untilLeader(node);
  await pause(DOWNTIME_MS, 'the machine is away for so long');
  await untilWritten();
  bring();
  await cluster.untilHealthy();
}

async function kill(drill: Drill, node: DatabaseNode): Promise<void> {
  await node.kill();
  await bringBack(drill, node, () => node.start());
}

async function untilThawed(drill: Drill, node: DatabaseNode): Promise<void> {
  await pause(FROZEN_MS, 'the machine is frozen for so long');
  await bringBack(drill, node, () => node.thaw());
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'leader-killed': {
    summary:
      'the machine of the primary dies: PostgreSQL, Patroni and etcd are killed, while the standbys lag behind',
    inject: async (drill) => {
      const leader = await drill.cluster.untilLeader();
      leader.holdUpReplication();
      await pause(LAG_MS, 'the standbys lag behind by so much');
      await kill(drill, leader);
    },
  },
  'leader-frozen': {
    summary: 'the same processes are stopped for 35 s, and continue: a former primary that does not know',
    inject: async (drill) => {
      const leader = await drill.cluster.untilLeader();
      leader.freeze();
      await untilThawed(drill, leader);
    },
  },
  'patroni-frozen': {
    summary:
      'Patroni on the machine of the primary is stopped for 35 s, while its PostgreSQL goes on: two primaries for a while',
    inject: async (drill) => {
      const leader = await drill.cluster.untilLeader();
      leader.freezePatroni();
      await untilThawed(drill, leader);
    },
  },
  switchover: {
    summary: 'a planned switchover to the synchronous standby',
    inject: async ({ cluster }) => {
      await cluster.switchOver();
      await cluster.untilHealthy();
    },
  },
  'standby-killed': {
    summary: 'the machine of the synchronous standby dies',
    inject: async (drill) => kill(drill, await drill.cluster.synchronousStandby()),
  },
  'standby-frozen': {
    summary: 'the processes of the synchronous standby are stopped for 35 s',
    inject: async (drill) => {
      const standby = await drill.cluster.synchronousStandby();
      standby.freeze();
      await untilThawed(drill, standby);
    },
  },
  'proxy-killed': {
    summary:
      'HAProxy, which leads clients to the api and the api to the primary, is killed and started again',
    breaksConnections: true,
    inject: async ({ cluster }) => {
      await cluster.proxy.end('SIGKILL');
      await pause(RESTART_DELAY_MS, 'systemd starts it again after so long');
      cluster.proxy.start();
      await cluster.untilHealthy();
    },
  },
  'rolling-restart': {
    summary: 'the three api processes, the worker and the bot are restarted, one after the other',
    inject: async ({ apis }) => apis.restart(),
  },
  'broker-killed': {
    summary: 'one of three Kafka brokers is killed and started again',
    needsKafka: true,
    inject: async ({ brokers, untilWritten }) => {
      await brokers!.killOne();
      await pause(FROZEN_MS / 2, 'the broker is away for so long');
      await brokers!.startAgain();
      await untilWritten();
    },
  },
};

/** Waits for a condition of the drill, unless the drill is interrupted. */
export function awaitCondition(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  state = () => '',
) {
  return until(
    () => {
      interruption.throwIfAborted();
      return condition();
    },
    { timeoutMs, intervalMs: 100, state },
  );
}

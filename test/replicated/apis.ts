import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interruption } from '../../bench/interruption.ts';
import { PROJECT } from '../../bench/product.ts';
import { pause } from '../support/pause.ts';
import { until } from '../support/until.ts';
import type { Cluster, Route } from './cluster.ts';
import { Daemon } from './daemon.ts';
import { APPLICATION_NODES, type Deployment } from './deployment.ts';

const STARTUP_TIMEOUT_MS = 60_000;
/** Until HAProxy sends requests to a process that has become ready: one check, and what a busy machine adds. */
const CHECK_MS = 2_000;

/** A process of the service, built, with its probes at `probeUrl`. */
export interface ServiceProcess {
  readonly daemon: Daemon;
  readonly probeUrl: string;
}

/** A built program of the service. @param log the file for its output. */
export function serviceDaemon(
  name: string,
  environment: Readonly<Record<string, string>>,
  log: string,
): Daemon {
  return new Daemon({
    command: process.execPath,
    args: [fileURLToPath(new URL(`dist/src/${name}.js`, PROJECT))],
    // They would all compile the same code.
    environment: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.cache/compiled', PROJECT)), ...environment },
    log,
  });
}

/** Three api processes behind HAProxy, and what else is restarted with them. */
export class Apis implements AsyncDisposable {
  private readonly cluster: Cluster;
  private readonly deployment: Deployment;
  private readonly others: readonly ServiceProcess[];
  private processes: readonly ServiceProcess[];
  private currentRoute: Route = 'proxy';

  private constructor(cluster: Cluster, deployment: Deployment, others: readonly ServiceProcess[]) {
    this.cluster = cluster;
    this.deployment = deployment;
    this.others = others;
    this.processes = this.create();
  }

  /** Starts them; `others` are restarted with them, and have been started. */
  static async start(
    cluster: Cluster,
    deployment: Deployment,
    others: readonly ServiceProcess[],
  ): Promise<Apis> {
    const apis = new Apis(cluster, deployment, others);
    for (const { daemon } of apis.processes) daemon.start();
    await Promise.all(apis.processes.map(untilReady));
    return apis;
  }

  get route(): Route {
    return this.currentRoute;
  }

  /** Restarts all processes, one after the other, optionally with another route to the database. */
  async restart(route: Route = this.currentRoute): Promise<void> {
    this.currentRoute = route;
    const next = this.create();
    const replacements = [
      ...this.processes.map((process, i) => [process, next[i]!] as const),
      ...this.others.map((process) => [process, process] as const),
    ];
    for (const [process, replacement] of replacements) {
      await process.daemon.end('SIGTERM');
      replacement.daemon.start();
      await untilReady(replacement);
      await pause(CHECK_MS, 'the load balancer has to notice that the process is ready');
    }
    this.processes = next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map(({ daemon }) => daemon[Symbol.asyncDispose]()));
  }

  private create(): ServiceProcess[] {
    return APPLICATION_NODES.map((name) => {
      const directory = this.deployment.directoryOf(name);
      const environment = this.deployment.variables(join(directory, 'incidents.env'));
      const daemon = serviceDaemon(
        'main',
        { ...environment, DATABASE_URL: this.cluster.databaseUrl(this.currentRoute) },
        join(this.deployment.directory, `${name}.log`),
      );
      return { daemon, probeUrl: `http://${environment['HOST']}:${environment['PORT']}` };
    });
  }
}

/** Resolves when the process is ready. @throws with its output if it ends before. */
export async function untilReady({ daemon, probeUrl }: ServiceProcess): Promise<void> {
  const isReady = async () => {
    interruption.throwIfAborted();
    if (daemon.pid === undefined) throw new Error(`the process ended:\n${daemon.output.slice(-3_000)}`);
    const response = await fetch(`${probeUrl}/health/ready`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    );
    return response?.ok;
  };
  await until(isReady, { timeoutMs: STARTUP_TIMEOUT_MS, intervalMs: 100, state: () => daemon.output });
}

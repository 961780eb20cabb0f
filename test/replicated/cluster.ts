import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { interruption } from '../../bench/interruption.ts';
import { logProgress } from '../../bench/progress.ts';
import { accepts } from '../support/ports.ts';
import { until } from '../support/until.ts';
import { Daemon } from './daemon.ts';
import { DatabaseNode } from './database-node.ts';
import { DATABASE_NODES, type Deployment } from './deployment.ts';

const CREATE_DATABASE = new URL('../../deploy/machines/create-database.sql', import.meta.url).pathname;

/** How long the cluster may take until all members are there, the first start included. */
const HEALTHY_TIMEOUT_MS = 120_000;
const POLL_INTERVAL_MS = 250;
const RESPONSE_TIMEOUT_MS = 1_000;
/** A planned switchover checkpoints and waits for the candidate. */
const SWITCHOVER_TIMEOUT_MS = 60_000;

/** How api processes reach the primary: by HAProxy, by the names of all servers in DATABASE_URL, or by PgBouncer and HAProxy. */
const ROUTES = ['proxy', 'servers', 'pgbouncer'] as const;
export type Route = (typeof ROUTES)[number];

export function isRoute(name: string): name is Route {
  return (ROUTES as readonly string[]).includes(name);
}

/** A member of the cluster, as Patroni sees it. */
interface Member {
  readonly name: string;
  /** `leader`, `sync_standby` or `replica`. */
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
  readonly lag?: number | string;
}

/** Three PostgreSQL nodes under Patroni, and the HAProxy that leads to the primary. */
export class Cluster implements AsyncDisposable {
  readonly nodes: readonly DatabaseNode[];
  readonly proxy: Daemon;
  readonly pgbouncer: Daemon;
  private readonly deployment: Deployment;
  private readonly isSynchronous: boolean;

  private constructor(deployment: Deployment, isSynchronous: boolean) {
    this.deployment = deployment;
    this.isSynchronous = isSynchronous;
    this.nodes = DATABASE_NODES.map((name) => new DatabaseNode(name, deployment));
    deployment.createCertificate();
    const directory = deployment.render('app1');
    addThirdProcess(join(directory, 'haproxy.cfg'));
    this.proxy = new Daemon({
      command: '/usr/sbin/haproxy',
      args: ['-db', '-f', join(directory, 'haproxy.cfg')],
      log: join(deployment.directory, 'haproxy.log'),
    });
    this.pgbouncer = new Daemon({
      command: '/usr/sbin/pgbouncer',
      args: [join(directory, 'pgbouncer.ini')],
      account: deployment.account,
      log: join(deployment.directory, 'pgbouncer.log'),
    });
  }

  /** Starts the databases and the proxy, and creates the database of the service; resolves when all members are there. */
  static async start(deployment: Deployment, isSynchronous: boolean): Promise<Cluster> {
    const cluster = new Cluster(deployment, isSynchronous);
    try {
      for (const node of cluster.nodes) node.start();
      cluster.proxy.start();
      cluster.pgbouncer.start();
      await cluster.untilLeader();
      if (!isSynchronous)
        await cluster.configure({ synchronous_mode: false, synchronous_mode_strict: false });
      await cluster.untilHealthy();
      await cluster.createDatabase();
      await until(() => accepts(deployment.port('PGBOUNCER')));
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The URL of the database for the service, or for the owner of the tables. */
  databaseUrl(route: Route, role: 'incidents' | 'incidents_service' = 'incidents_service'): string {
    const { deployment } = this;
    const password = deployment.setting(role === 'incidents' ? 'OWNER_PASSWORD' : 'SERVICE_PASSWORD');
    const servers = this.nodes.map(({ host }) => `${host}:${deployment.port('POSTGRES')}`).join(',');
    const hosts: Readonly<Record<Route, string>> = {
      proxy: `127.0.0.1:${deployment.port('PRIMARY')}/incidents`,
      pgbouncer: `127.0.0.1:${deployment.port('PGBOUNCER')}/incidents`,
      servers: `${servers}/incidents?target_session_attrs=read-write`,
    };
    return `postgres://${role}:${password}@${hosts[route]}`;
  }

  /** The node that Patroni's health check calls the primary; undefined if there is none. */
  async leader(): Promise<DatabaseNode | undefined> {
    const answers = await Promise.all(this.nodes.map((node) => request(`${node.patroniUrl}/primary`)));
    return this.nodes.find((_, i) => answers[i]?.status === 200);
  }

  /** Resolves once there is a primary. @param other a node that does not count. */
  async untilLeader(other?: DatabaseNode): Promise<DatabaseNode> {
    const leader = async () => {
      interruption.throwIfAborted();
      const found = await this.leader();
      return found !== other && found;
    };
    return until(leader, this.waiting());
  }

  /** The node that is promoted if the primary fails. */
  async synchronousStandby(): Promise<DatabaseNode> {
    const members = await this.members();
    const name = members.find(({ role }) => role === 'sync_standby')?.name;
    const node = this.nodes.find((each) => each.name === name);
    if (!node) throw new Error(`no synchronous standby: ${JSON.stringify(members)}`);
    return node;
  }

  /** Resolves once every member follows the primary, without lag, and one of them synchronously. */
  async untilHealthy(): Promise<void> {
    const isHealthy = async () => {
      interruption.throwIfAborted();
      const members = await this.members();
      const leader = members.find(({ role }) => role === 'leader');
      const others = members.filter((member) => member !== leader);
      return (
        leader?.state === 'running' &&
        others.length === this.nodes.length - 1 &&
        others.every(
          ({ state, lag, timeline }) =>
            ['running', 'streaming'].includes(state) && lag === 0 && timeline === leader.timeline,
        ) &&
        (!this.isSynchronous || others.some(({ role }) => role === 'sync_standby'))
      );
    };
    await until(isHealthy, {
      ...this.waiting(),
      state: () => this.nodes.map(({ name, recentLog }) => `${name}:\n${recentLog}`).join('\n'),
    });
  }

  /** The time after which a primary that does not answer loses its lease, in seconds. */
  async leaseSeconds(): Promise<number> {
    const { patroniUrl } = await this.untilLeader();
    const response = await fetch(`${patroniUrl}/config`);
    return ((await response.json()) as { ttl: number }).ttl;
  }

  /** A planned switchover to the synchronous standby. */
  async switchOver(): Promise<void> {
    const leader = await this.untilLeader();
    const candidate = await this.synchronousStandby();
    const response = await this.send(leader, 'POST', '/switchover', {
      leader: leader.name,
      candidate: candidate.name,
    });
    logProgress(`  ${response}`);
  }

  /** Connects to the database on the primary as the superuser. */
  async connect(): Promise<Client> {
    const { host } = await this.untilLeader();
    const password = this.deployment.setting('SUPERUSER_PASSWORD');
    const client = new Client({
      host,
      port: this.deployment.port('POSTGRES'),
      user: 'postgres',
      database: 'incidents',
      password,
    });
    await client.connect();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) node.thaw();
    const all = [this.proxy, this.pgbouncer, ...this.nodes];
    await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
  }

  private async members(): Promise<readonly Member[]> {
    for (const { patroniUrl } of this.nodes) {
      const response = await request(`${patroniUrl}/cluster`);
      if (response?.ok) return ((await response.json()) as { members: Member[] }).members;
    }
    return [];
  }

  private async configure(changes: object): Promise<void> {
    await this.send(await this.untilLeader(), 'PATCH', '/config', changes);
  }

  private async send(node: DatabaseNode, method: string, path: string, body: object): Promise<string> {
    const password = this.deployment.setting('PATRONI_PASSWORD');
    const response = await fetch(node.patroniUrl + path, {
      method,
      headers: { Authorization: `Basic ${Buffer.from(`patroni:${password}`).toString('base64')}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(SWITCHOVER_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} of ${node.name}: ${response.status} ${text}`);
    return text;
  }

  private async createDatabase(): Promise<void> {
    const { host } = await this.untilLeader();
    const { deployment } = this;
    const connection = ['-h', host, '-p', String(deployment.port('POSTGRES')), '-U', 'postgres'];
    const variables = {
      ON_ERROR_STOP: '1',
      owner_password: deployment.setting('OWNER_PASSWORD'),
      service_password: deployment.setting('SERVICE_PASSWORD'),
    };
    const set = Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
    execFileSync('psql', ['-q', ...connection, ...set, '-f', CREATE_DATABASE, 'postgres'], {
      env: { PATH: process.env['PATH'], PGPASSWORD: deployment.setting('SUPERUSER_PASSWORD') },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }

  private waiting() {
    return { timeoutMs: HEALTHY_TIMEOUT_MS, intervalMs: POLL_INTERVAL_MS };
  }
}

/** The response, or undefined without one. */
async function request(url: string): Promise<Response | undefined> {
  return fetch(url, { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) }).catch(() => undefined);
}

/** `deploy/machines` has two machines with api processes; the drill has one more, on a copied line. */
function addThirdProcess(file: string): void {
  const configuration = readFileSync(file, 'utf8');
  const line = /^ +server app2 (.*)\.22:(\d+)$/m.exec(configuration);
  if (!line) throw new Error(`${file} has no line for app2`);
  writeFileSync(file, configuration.replace(line[0], `${line[0]}\n    server app3 ${line[1]}.23:${line[2]}`));
}

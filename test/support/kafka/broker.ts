import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Admin } from '@platformatic/kafka';

/** How long a broker may take to respond. */
const STARTUP_TIMEOUT_MS = 60_000;

const POLL_INTERVAL_MS = 100;

// A small heap, and a cheap compiler, which leaves the processor to the tested processes.
const JVM = ['-Xmx256m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** The ports of one node of a cluster. */
interface NodePorts {
  readonly listener: number;
  readonly controller: number;
}

/** A node of a Kafka on this machine, alone or in a cluster, with its data in a temporary directory. */
export class Broker {
  /** Host and port of the listener. */
  readonly address: string;
  private readonly jars: string;
  private readonly directory: string;
  private process: ChildProcess | undefined;
  private output = '';

  private constructor(jars: string, directory: string, port: number) {
    this.jars = jars;
    this.directory = directory;
    this.address = `127.0.0.1:${port}`;
    // The test process may exit without stopping the broker.
    process.once('exit', this.killNow);
  }

  /** Starts a single broker from the jars in this directory, on ports that `aPort` finds; resolves when it responds. */
  static async start(jars: string, aPort: () => Promise<number>): Promise<Broker> {
    return (await Broker.startCluster(jars, aPort, 1))[0]!;
  }

  /**
   * Starts a cluster of brokers; resolves when all of them respond. Each partition is on up to three of them, and a message is
   * acknowledged once a majority of these has it.
   */
  static async startCluster(jars: string, aPort: () => Promise<number>, size: number): Promise<Broker[]> {
    const nodes: NodePorts[] = [];
    while (nodes.length < size) nodes.push({ listener: await aPort(), controller: await aPort() });
    const brokers = nodes.map(({ listener }, index) => {
      const directory = mkdtempSync(join(tmpdir(), 'incidents-kafka-'));
      const broker = new Broker(jars, directory, listener);
      writeFileSync(broker.propertiesFile, propertiesOf(directory, nodes, index));
      return broker;
    });
    const id = Buffer.from(crypto.randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
    await Promise.all(brokers.map((broker) => broker.format(id)));
    await Promise.all(brokers.map((broker) => broker.launch()));
    return brokers;
  }

  /** Kills the broker with kill -9, and starts it on the same data. */
  async restart(): Promise<void> {
    await this.kill();
    await this.launch();
  }

  /** Kills the broker and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    process.off('exit', this.killNow);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Kills the broker with kill -9; `launch` starts it again. */
  async kill(): Promise<void> {
    if (!this.process) return;
    const exited = once(this.process, 'close');
    this.process.kill('SIGKILL');
    await exited;
    this.process = undefined;
  }

  /** Starts the broker process; resolves when it responds. */
  async launch(): Promise<void> {
    const server = spawn('java', this.java('kafka.Kafka', this.propertiesFile));
    this.process = server;
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk) => (this.output = `${this.output}${String(chunk)}`.slice(-10_000)));
    }
    // Not by `until`: the benchmarks load this file without a build, and Node resolves no .js to a .ts.
    const deadline = Date.now() + STARTUP_TIMEOUT_MS;
    while (!(await this.responds())) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`Kafka does not start:\n${this.output}`);
      await sleep(POLL_INTERVAL_MS);
    }
  }

  private get propertiesFile(): string {
    return join(this.directory, 'server.properties');
  }

  private readonly killNow = () => void this.process?.kill('SIGKILL');

  private java(main: string, ...values: string[]): string[] {
    return [...JVM, '-cp', join(this.jars, '*'), main, ...values];
  }

  private async format(id: string): Promise<void> {
    // With "=", since an id may begin with a hyphen.
    const values = ['format', `--cluster-id=${id}`, '--config', this.propertiesFile];
    // The error of a command that fails contains its output.
    await promisify(execFile)('java', this.java('kafka.tools.StorageTool', ...values));
  }

  private async responds(): Promise<boolean> {
    const admin = new Admin({
      clientId: 'tests',
      bootstrapBrokers: [this.address],
      retries: false,
      connectTimeout: 1_000,
    });
    try {
      await admin.listTopics();
      return true;
    } catch {
      return false;
    } finally {
      await admin.close();
    }
  }
}

function propertiesOf(directory: string, nodes: readonly NodePorts[], index: number): string {
  const { listener, controller } = nodes[index]!;
  const voters = nodes.map(({ controller: port }, i) => `${i + 1}@127.0.0.1:${port}`);
  const replicas = Math.min(nodes.length, 3);
  const inSync = Math.floor(replicas / 2) + 1;
  return `
process.roles=broker,controller
node.id=${index + 1}
controller.quorum.voters=${voters.join(',')}
listeners=PLAINTEXT://127.0.0.1:${listener},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${listener}
default.replication.factor=${replicas}
min.insync.replicas=${inSync}
controller.listener.names=CONTROLLER
log.dirs=${join(directory, 'data')}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=${replicas}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=${replicas}
transaction.state.log.min.isr=${inSync}
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=${replicas}
share.coordinator.state.topic.min.isr=${inSync}
group.initial.rebalance.delay.ms=0
# A restart after kill -9 has to wait for the end of the broker's old session.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
`;
}

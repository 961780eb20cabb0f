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

/** A single-node Kafka on a port of this machine, with its data in a temporary directory. */
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

  /** Starts a broker from the jars in this directory, on ports that `aPort` finds; resolves when it responds. */
  static async start(jars: string, aPort: () => Promise<number>): Promise<Broker> {
    const directory = mkdtempSync(join(tmpdir(), 'incidents-kafka-'));
    const [port, controllerPort] = [await aPort(), await aPort()];
    const broker = new Broker(jars, directory, port);
    writeFileSync(broker.propertiesFile, propertiesOf(directory, port, controllerPort));
    await broker.format();
    await broker.launch();
    return broker;
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

  private async format(): Promise<void> {
    const id = Buffer.from(crypto.randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
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

function propertiesOf(directory: string, port: number, controllerPort: number): string {
  return `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
log.dirs=${join(directory, 'data')}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# A restart after kill -9 has to wait for the end of the broker's old session.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
`;
}

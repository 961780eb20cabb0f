import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3mini } from 's3mini';
import { aPort } from './ports.js';
import { until } from './until.js';

/** Where `moto` is installed; `.ci/run` sets it. */
const MOTO_PATH = process.env['MOTO_PATH'];

const environment = { ...process.env, ...(MOTO_PATH !== undefined && { PYTHONPATH: MOTO_PATH }) };

/** Whether this machine has moto, a server that behaves as AWS does (https://docs.getmoto.org). */
export const hasMoto = spawnSync('python3', ['-c', 'import moto.server'], { env: environment }).status === 0;

if (!hasMoto) process.stdout.write('The tests of S3 are skipped: moto is not installed (see MOTO_PATH).\n');

const BUCKET = 'incidents';

const STARTUP_TIMEOUT_MS = 90_000;

/**
 * How the bucket behaves: as S3; as S3 that answers with this status, closes connections, does not answer, handles requests and does not
 * answer, or sends half of each answer.
 */
export type S3Behaviour = number | 'normal' | 'reset' | 'stalled-before' | 'stalled-after' | 'cut';

/** S3 of a process of its own, with one bucket, behind a proxy that can fail. */
export class TestS3 {
  behaviour: S3Behaviour = 'normal';
  /** The names of objects that were deleted by its users. */
  readonly deleted: string[] = [];
  /** The number of requests whose answers have not been received as a whole. */
  answersInFlight = 0;
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();

  private readonly client: S3mini;

  private constructor(
    private readonly moto: ChildProcess,
    private readonly motoPort: number,
    private readonly proxy: Server,
  ) {
    this.client = new S3mini({
      endpoint: `http://127.0.0.1:${motoPort}/${BUCKET}`,
      region: 'us-east-1',
      accessKeyId: 'test',
      secretAccessKey: 'test',
    });
  }

  static async start(): Promise<TestS3> {
    const port = await aPort();
    const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
    const moto = spawn('python3', args, { env: environment, stdio: 'ignore' });
    const proxy = createServer((incoming, outgoing) => s3.forward(incoming, outgoing));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const s3 = new TestS3(moto, port, proxy);
    const createBucket = () => fetch(`http://127.0.0.1:${port}/${BUCKET}`, { method: 'PUT' });
    await until(async () => (await createBucket().catch(() => undefined))?.ok, {
      timeoutMs: STARTUP_TIMEOUT_MS,
    });
    return s3;
  }

  /** The variables of a service that uses it. */
  get environment(): Record<string, string> {
    const { port } = this.proxy.address() as AddressInfo;
    return {
      S3_BUCKET_URL: `http://127.0.0.1:${port}/${BUCKET}`,
      S3_ACCESS_KEY_ID: 'key',
      S3_SECRET_ACCESS_KEY: 'secret',
    };
  }

  /** The names of all objects, in their order. */
  async objects(): Promise<string[]> {
    return ((await this.client.listObjects()) ?? []).map(({ Key }) => Key).toSorted();
  }

  async get(name: string): Promise<Buffer> {
    return Buffer.from((await this.client.getObjectArrayBuffer(name))!);
  }

  /** Stores an object, or replaces it. */
  async put(name: string, bytes: Buffer): Promise<void> {
    await this.client.putObject(name, bytes);
  }

  async delete(name: string): Promise<void> {
    await this.client.deleteObject(name);
  }

  /** Ends it: connections to it are refused then. */
  async stop(): Promise<void> {
    this.proxy.close();
    this.proxy.closeAllConnections();
    this.moto.kill('SIGKILL');
    await once(this.moto, 'exit');
  }

  private forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { behaviour } = this;
    this.answersInFlight++;
    outgoing.on('close', () => this.answersInFlight--);
    const { method, url: path, headers } = incoming;
    if (behaviour === 'stalled-before') return;
    if (behaviour === 'reset') return void incoming.socket.destroy();
    // S3 requires the length (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html); moto does not.
    const status = method === 'PUT' && headers['content-length'] === undefined ? 411 : behaviour;
    if (typeof status === 'number') {
      incoming.resume();
      outgoing.writeHead(status, { 'Content-Type': 'application/xml' });
      outgoing.end('<Error><Code>Injected</Code><Message>by the test</Message></Error>');
      return;
    }
    const forwarded = request(
      { host: '127.0.0.1', port: this.motoPort, method, path, headers },
      (response) => {
        if (method === 'DELETE') this.deleted.push(path!.replace(`/${BUCKET}/`, ''));
        if (behaviour === 'stalled-after') {
          response.resume();
          return;
        }
        outgoing.writeHead(response.statusCode!, response.headers);
        if (behaviour === 'cut') sendHalf(response, outgoing);
        else void this.gate.then(() => response.pipe(outgoing));
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }
}

/** Sends the first half of an answer, and closes the connection. */
function sendHalf(response: IncomingMessage, outgoing: ServerResponse): void {
  let left = Number(response.headers['content-length']) / 2;
  response.on('data', (bytes: Buffer) => {
    outgoing.write(bytes.subarray(0, Math.max(left, 0)));
    left -= bytes.length;
    if (left <= 0) outgoing.destroy();
  });
}

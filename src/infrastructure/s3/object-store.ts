import { Injectable } from '@nestjs/common';
import { S3mini, S3ServiceError } from 's3mini';
import { ObjectStoreUnavailable } from '../../application/attachments/attachment-repository.js';
import { Config } from '../../config/config.js';
import { TimeoutError, withTimeout } from '../../shared/time/timeout.js';
import { AttachmentMetrics } from '../prometheus/attachment-metrics.js';

/** How long a request may make no progress: no byte is sent or received. */
const STALL_TIMEOUT_MS = 10_000;

/** The region that servers without regions accept. */
const DEFAULT_REGION = 'us-east-1';

/** The bucket of the configuration, in S3 or a compatible server. An object `x` has the name `attachments/x` there. */
@Injectable()
export class ObjectStore {
  private readonly client: S3mini | undefined;

  constructor(
    { objectStore }: Config,
    private readonly metrics: AttachmentMetrics,
  ) {
    if (!objectStore) return;
    const { bucketUrl, region = DEFAULT_REGION, accessKeyId, secretAccessKey } = objectStore;
    this.client = new S3mini({
      endpoint: bucketUrl,
      region,
      accessKeyId,
      secretAccessKey,
      fetch: fetchUnlessStalled,
    });
  }

  /** Whether a bucket is configured. Without one, all other methods throw ObjectStoreUnavailable. */
  get isConfigured(): boolean {
    return this.client !== undefined;
  }

  /**
   * Stores an object. Resolves when the server has confirmed it.
   * @param size of all chunks together, in bytes.
   * @throws ObjectStoreUnavailable; the object may be stored then, or may be yet.
   */
  async put(object: string, size: number, chunks: AsyncIterable<Buffer>): Promise<void> {
    await this.orUnavailable('store', async (client) => {
      const body = ReadableStream.from(chunks);
      // S3 requires the length.
      await client.putObject(nameOf(object), body, undefined, undefined, undefined, size);
    });
  }

  /**
   * Reads a part of an object as it arrives; undefined if there is no such object, or it ends before the part.
   * @param start of the first byte. @param end of the byte after the last one.
   * @throws ObjectStoreUnavailable, also while it is read.
   */
  async read(object: string, start: number, end: number): Promise<AsyncIterable<Uint8Array> | undefined> {
    const body = await this.orUnavailable('read', async (client) => {
      try {
        const response = await client.getObjectRaw(nameOf(object), false, start, end);
        if (response.status !== 206 || !response.body)
          throw new Error(`status ${response.status} for a range`);
        return response.body;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
    return body && this.readBody(body.getReader());
  }

  /** Resolves when there is no such object, or no more. @throws ObjectStoreUnavailable */
  async delete(object: string): Promise<void> {
    await this.orUnavailable('delete', (client) => client.deleteObject(nameOf(object)));
  }

  private async *readBody(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncIterable<Uint8Array> {
    try {
      for (;;) {
        // A consumer that is slow is no stall: the time between two reads does not count.
        const { done, value } = await this.orUnavailable('read', () =>
          withTimeout(reader.read(), STALL_TIMEOUT_MS),
        );
        if (done) return;
        yield value;
      }
    } finally {
      // Frees the connection, also if the consumer has stopped early; a body that has failed rejects once more.
      await reader.cancel().catch(() => undefined);
    }
  }

  private async orUnavailable<Result>(
    attempt: 'store' | 'read' | 'delete',
    use: (client: S3mini) => Promise<Result>,
  ): Promise<Result> {
    try {
      if (!this.client) throw new Error('S3_BUCKET_URL is not set');
      return await use(this.client);
    } catch (error) {
      this.metrics.objectStoreFailed();
      // Without the name of the object: the log shows repeated reasons once a second.
      const cause = new Error(`could not ${attempt} an object: ${reasonOf(error)}`, { cause: error });
      throw new ObjectStoreUnavailable({ cause });
    }
  }
}

const nameOf = (object: string): string => `attachments/${object}`;

/** Like `fetch`, but fails if nothing is sent for a while, or no answer comes. */
async function fetchUnlessStalled(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const stalled = new AbortController();
  const abort = () => stalled.abort(new TimeoutError(STALL_TIMEOUT_MS));
  const timer = setTimeout(abort, STALL_TIMEOUT_MS);
  const { body } = init;
  try {
    const response = await fetch(input, {
      ...init,
      body: body instanceof ReadableStream ? ReadableStream.from(refreshing(body, timer)) : body,
      // Required for streams.
      duplex: 'half',
      signal: stalled.signal,
    });
    if (response.ok) return response;
    // The description of an error must arrive in time, too.
    return new Response(await response.text(), response);
  } finally {
    clearTimeout(timer);
  }
}

async function* refreshing(body: ReadableStream, timer: NodeJS.Timeout): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    timer.refresh();
    yield chunk;
  }
}

/** Whether the answer says that there is no such object, or that it is shorter. Without the bucket, nothing is known of the object. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof S3ServiceError)) return false;
  return error.status === 416 || (error.status === 404 && (error.body ?? '').includes('NoSuchKey'));
}

/** The message of an error; that of `fetch` says nothing, and its cause says what has happened. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return message === 'fetch failed' && cause instanceof Error ? cause.message : message;
}

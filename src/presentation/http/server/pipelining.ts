import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of one connection are in flight at the same time. */
const MAX_CONCURRENT_REQUESTS = 2;

/** A connection with more unsent bytes of answers counts as one whose client reads none. */
const MAX_UNSENT_BYTES = 64 * 1024;

/** How many requests of all connections together may be queued: some 4 KB each. */
const MAX_QUEUED_REQUESTS = 20_000;

/** How many bytes of answers may be unsent on all connections together. */
const MAX_TOTAL_UNSENT_BYTES = 64 * 1024 * 1024;

/** How often unsent bytes are counted. */
const UNSENT_CHECK_INTERVAL_MS = 100;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The requests of a connection that are not answered yet, oldest first. */
interface Connection {
  readonly socket: Socket;
  readonly inFlight: ServerResponse[];
  queued: Exchange[];
  /** Whether queued requests are started in the next turn of the event loop. */
  isScheduled: boolean;
}

/**
 * Bounds the memory that a connection can take by pipelining. Node emits every request that has arrived, also while the
 * client reads no answers. Here a few are in flight at once; the others are queued, and their connection is not read
 * meanwhile.
 *
 * - A connection has at most `MAX_CONCURRENT_REQUESTS` in flight; one whose answer is not read counts.
 * - Further requests of the same read of the socket (64 KiB) are queued in order of arrival. Past `MAX_QUEUED_REQUESTS` of
 *   all connections, the connection that sends more is closed.
 * - Past `MAX_TOTAL_UNSENT_BYTES` of all connections, those with the most unsent bytes are closed.
 */
export class Pipelining {
  /** The open connections that have sent a request. */
  private readonly connections = new Map<Socket, Connection>();
  private queued = 0;

  constructor(private readonly listener: RequestListener) {
    setInterval(() => this.closeUnread(), UNSENT_CHECK_INTERVAL_MS).unref();
  }

  accept(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(request.socket) ?? this.open(request.socket);
    if (hasCapacity(connection)) this.start(connection, { request, response });
    else this.enqueue(connection, { request, response });
  }

  /** Whether the headers of the answer that a connection is sending now have been sent. */
  isSendingAnswer(socket: Socket): boolean {
    return this.connections.get(socket)?.inFlight[0]?.headersSent ?? false;
  }

  private open(socket: Socket): Connection {
    const connection = { socket, inFlight: [], queued: [], isScheduled: false };
    this.connections.set(socket, connection);
    socket.on('close', () => {
      this.dropQueue(connection);
      this.connections.delete(socket);
    });
    return connection;
  }

  private start(connection: Connection, { request, response }: Exchange): void {
    connection.inFlight.push(response);
    response.on('close', () => this.finish(connection, response));
    this.listener(request, response);
  }

  private enqueue(connection: Connection, exchange: Exchange): void {
    const { socket, queued } = connection;
    if (socket.destroyed) return;
    if (this.queued >= MAX_QUEUED_REQUESTS) {
      socket.destroy();
      return;
    }
    if (queued.length === 0) pause(connection);
    queued.push(exchange);
    this.queued++;
  }

  private finish(connection: Connection, response: ServerResponse): void {
    const { inFlight, queued } = connection;
    inFlight.splice(inFlight.indexOf(response), 1);
    if (queued.length > 0) this.schedule(connection);
  }

  /** Drops the queued requests of a closed connection. */
  private dropQueue(connection: Connection): void {
    this.queued -= connection.queued.length;
    connection.queued = [];
  }

  /** An answer may need no I/O: without a turn in between, one connection would be served to its end before the others. */
  private schedule(connection: Connection): void {
    if (connection.isScheduled) return;
    connection.isScheduled = true;
    setImmediate(() => {
      connection.isScheduled = false;
      if (connection.socket.destroyed) this.dropQueue(connection);
      while (connection.queued.length > 0 && hasCapacity(connection)) {
        this.queued--;
        const exchange = connection.queued.shift()!;
        if (connection.queued.length === 0) connection.socket.resume();
        this.start(connection, exchange);
      }
    });
  }

  private closeUnread(): void {
    let total = 0;
    const unread: { readonly socket: Socket; readonly bytes: number }[] = [];
    for (const { socket, inFlight } of this.connections.values()) {
      const bytes = unsentBytes(inFlight);
      total += bytes;
      if (bytes > MAX_UNSENT_BYTES) unread.push({ socket, bytes });
    }
    if (total <= MAX_TOTAL_UNSENT_BYTES) return;
    for (const { socket, bytes } of unread.toSorted((a, b) => b.bytes - a.bytes)) {
      socket.destroy();
      total -= bytes;
      if (total <= MAX_TOTAL_UNSENT_BYTES) return;
    }
  }
}

function hasCapacity({ inFlight }: Connection): boolean {
  return inFlight.length < MAX_CONCURRENT_REQUESTS;
}

function unsentBytes(responses: readonly ServerResponse[]): number {
  return responses.reduce((bytes, { writableLength }) => bytes + writableLength, 0);
}

/** Stops reading a connection while it has queued requests; Node itself resumes it after each answer. */
function pause(connection: Connection): void {
  const { socket } = connection;
  const keepPaused = () => {
    if (connection.queued.length > 0) socket.pause();
    else socket.off('resume', keepPaused);
  };
  socket.on('resume', keepPaused);
  socket.pause();
}

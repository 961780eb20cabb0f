import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of one connection are worked on at the same time. */
const MAX_CONCURRENT_REQUESTS = 2;

/** A connection with more bytes of answers that are not sent counts as one whose client reads none. */
const MAX_UNSENT_BYTES = 64 * 1024;

/** How many requests of all connections may wait to be begun: some 4 KB each. */
const MAX_WAITING_REQUESTS = 20_000;

/** How many bytes of answers may be unsent on all connections together. */
const MAX_TOTAL_UNSENT_BYTES = 64 * 1024 * 1024;

const UNSENT_INTERVAL_MS = 100;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The requests of a connection that are not answered yet. */
interface Connection {
  readonly socket: Socket;
  readonly begun: ServerResponse[];
  waiting: Exchange[];
  /** Whether those that wait are looked at in the next turn of the event loop. */
  isScheduled: boolean;
}

/**
 * Bounds what a connection makes the process keep. Node emits a request for each one that has arrived, however many come
 * before the answers to those before are read. Here a few are begun at once; the others wait, and their connection is not
 * read meanwhile.
 *
 * - A connection has `MAX_CONCURRENT_REQUESTS`, and no further one while the answers to those are not read.
 * - What one read of a socket (64 KiB) has brought beyond that waits, in the order of its arrival. Past
 *   `MAX_WAITING_REQUESTS` of all connections, the connection that brings more is closed.
 * - Past `MAX_TOTAL_UNSENT_BYTES` of all connections, those with the most unsent bytes are closed.
 */
export class Pipelining {
  /** Those with a request that is not answered. */
  private readonly connections = new Map<Socket, Connection>();
  private waiting = 0;

  constructor(private readonly listener: RequestListener) {
    setInterval(() => this.closeUnread(), UNSENT_INTERVAL_MS).unref();
  }

  accept(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    let connection = this.connections.get(socket);
    if (!connection) {
      connection = { socket, begun: [], waiting: [], isScheduled: false };
      this.connections.set(socket, connection);
    }
    if (mayBegin(connection)) this.begin(connection, { request, response });
    else this.wait(connection, { request, response });
  }

  private begin(connection: Connection, { request, response }: Exchange): void {
    connection.begun.push(response);
    response.once('close', () => this.ended(connection, response));
    this.listener(request, response);
  }

  private wait(connection: Connection, exchange: Exchange): void {
    const { socket, waiting } = connection;
    if (socket.destroyed) return;
    if (this.waiting >= MAX_WAITING_REQUESTS) {
      socket.destroy();
      return;
    }
    if (waiting.length === 0) pause(connection);
    waiting.push(exchange);
    this.waiting++;
  }

  private ended(connection: Connection, response: ServerResponse): void {
    const { socket, begun } = connection;
    begun.splice(begun.indexOf(response), 1);
    if (socket.destroyed) this.forget(connection);
    else if (connection.waiting.length > 0) this.schedule(connection);
    if (begun.length === 0 && connection.waiting.length === 0) this.connections.delete(socket);
  }

  /** Drops what waits on a connection that is closed. */
  private forget(connection: Connection): void {
    this.waiting -= connection.waiting.length;
    connection.waiting = [];
    if (connection.begun.length === 0) this.connections.delete(connection.socket);
  }

  /** Answers may need no input: without a turn in between, a connection would be served to its end before the others. */
  private schedule(connection: Connection): void {
    if (connection.isScheduled) return;
    connection.isScheduled = true;
    setImmediate(() => {
      connection.isScheduled = false;
      if (connection.socket.destroyed) this.forget(connection);
      while (connection.waiting.length > 0 && mayBegin(connection)) {
        this.waiting--;
        const exchange = connection.waiting.shift()!;
        if (connection.waiting.length === 0) connection.socket.resume();
        this.begin(connection, exchange);
      }
    });
  }

  private closeUnread(): void {
    let total = 0;
    const unread: { readonly socket: Socket; readonly bytes: number }[] = [];
    for (const { socket, begun } of this.connections.values()) {
      const bytes = unsentBytes(begun);
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

function mayBegin({ begun }: Connection): boolean {
  return begun.length < MAX_CONCURRENT_REQUESTS;
}

function unsentBytes(responses: readonly ServerResponse[]): number {
  return responses.reduce((bytes, { writableLength }) => bytes + writableLength, 0);
}

/** Stops reading a connection for as long as requests of it wait; Node itself resumes it after each answer. */
function pause(connection: Connection): void {
  const { socket } = connection;
  const keepPaused = () => {
    if (connection.waiting.length > 0) socket.pause();
    else socket.off('resume', keepPaused);
  };
  socket.on('resume', keepPaused);
  socket.pause();
}

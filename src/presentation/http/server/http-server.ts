import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { Express } from 'express';
import type { Config } from '../../../config/config.js';
import { takeKeyFromPath } from '../auth/key-location.js';
import { expressMessages } from './express-messages.js';
import { Pipelining } from './pipelining.js';
import { type HttpProblemCode, problemBody, PROBLEMS } from '../problems/problems.js';

/** The longest request line and headers together. */
const MAX_HEADERS_BYTES = 16 * 1024;

/** How long a client may take to send its headers, from its connection on. */
const HEADERS_TIMEOUT_MS = 10_000;

/** How often Node checks `HEADERS_TIMEOUT_MS`. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;

/**
 * How long a connection may be idle between two requests. Balancers keep idle connections for up to 60 s and must be the
 * first to close them: otherwise a request may arrive on a connection that the server is closing.
 */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/**
 * How long a connection with a request in flight may make no progress: a client that reads nothing of its answer is
 * disconnected (after at most twice this time), one that reads slowly is not. Longer than the timeout of a body, which is
 * answered with 408.
 */
const NO_PROGRESS_TIMEOUT_MS = 35_000;

/** Rejected connections are logged once per interval, so that a flood of them does not flood the log. */
const DROP_LOG_INTERVAL_MS = 60_000;

const logger = new Logger('HttpServer');

/** The server of the application, with a limit on everything that a client can make it wait for or store. */
export function createHttpServer(app: Express, { MAX_CONNECTIONS }: Config): Server {
  const pipelining = new Pipelining(app);
  const accept: RequestListener = (request, response) => {
    takeKeyFromPath(request);
    pipelining.accept(request, response);
  };
  const options = {
    ...expressMessages(app),
    maxHeaderSize: MAX_HEADERS_BYTES,
    // Node would answer without a body: message-rules.ts checks Host instead.
    requireHostHeader: false,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // A stream of reports has no time limit; raw-body.ts limits other bodies.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
  };
  const server = createServer(options, accept);
  // Costs nothing: Node has a timer for each connection anyway, and restarts it with each byte in or out.
  server.timeout = NO_PROGRESS_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  // Without it, the primary of a cluster hands a connection that one api process rejects to the next, without end.
  (server as Server & { dropMaxConnection: boolean }).dropMaxConnection = true;
  let dropLoggedAt = 0;
  server.on('drop', () => {
    if (Date.now() - dropLoggedAt < DROP_LOG_INTERVAL_MS) return;
    dropLoggedAt = Date.now();
    logger.warn(`rejecting connections: MAX_CONNECTIONS (${MAX_CONNECTIONS}) reached`);
  });
  server.on('checkExpectation', accept);
  const rejectOn = (socket: Socket, error: ClientError): void => {
    // In the middle of an answer, a client would read a problem as a part of it.
    if (!socket.writable || pipelining.isSendingAnswer(socket)) socket.destroy(error);
    else reject(error, socket);
  };
  server.on('connect', (_, socket) =>
    rejectOn(socket as Socket, Object.assign(new Error('CONNECT'), { code: 'CONNECT' })),
  );
  server.on('clientError', (error, socket) => rejectOn(socket as Socket, error));
  return server;
}

/** Node's error for bytes that are no HTTP request. `rawPacket` has the last bytes received. */
type ClientError = NodeJS.ErrnoException & { rawPacket?: Buffer };

const CODE_OF_ERROR: Readonly<Record<string, HttpProblemCode>> = {
  CONNECT: 'request.not-implemented',
  HPE_HEADER_OVERFLOW: 'request.headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request.timeout',
};

const DETAILS: Partial<Record<HttpProblemCode, string>> = {
  'request.not-implemented': 'CONNECT is not supported: this server is not a proxy.',
  'request.headers-too-large': `The headers must be at most ${MAX_HEADERS_BYTES} bytes long.`,
  'request.timeout': `The headers did not arrive within ${HEADERS_TIMEOUT_MS / 1_000} s.`,
};

/** Answers bytes that are no HTTP request with a problem, and closes the connection. They never reach the application. */
function reject(error: ClientError, socket: Socket): void {
  const code = CODE_OF_ERROR[error.code ?? ''] ?? 'request.malformed';
  const { status, title } = PROBLEMS[code];
  const requestId = randomUUID();
  logger.debug({ request_id: requestId, status, code, msg: error.message });
  const detail = DETAILS[code] ?? 'The request is not valid HTTP/1.1.';
  const body = JSON.stringify(problemBody({ code, message: detail }, '/', requestId));
  const headers = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  // The answer to HEAD has no body (RFC 9110, 9.3.2): its client would read a body as the next answer.
  const isHead = error.rawPacket?.toString('latin1', 0, 5) === 'HEAD ';
  socket.end(`${headers.join('\r\n')}\r\n\r\n${isHead ? '' : body}`, () => socket.destroy());
}

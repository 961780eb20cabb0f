import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { Express } from 'express';
import type { Config } from '../../../config/config.js';
import { expressMessages } from './express-messages.js';
import { Pipelining } from './pipelining.js';
import { type HttpProblemCode, PROBLEMS } from '../problems/problems.js';

/** The longest head of a request, in bytes. */
const MAX_HEAD = 16 * 1024;

/** How long a client may take for the head of a request, in milliseconds, from its connection on. */
const HEAD_TIMEOUT = 10_000;

/** How often it is looked up who has taken too long, in milliseconds. */
const LOOK = 1_000;

/**
 * How long a connection may rest between two requests, in milliseconds. Balancers keep theirs for up to 60 s: the one
 * that ends first has to be theirs, or a request meets a closing door.
 */
const KEEP_ALIVE = 65_000;

/**
 * How long a connection on which a request is under way may make no progress, in milliseconds: then an answer ends of
 * which the client reads nothing (Node looks twice). One that is read slowly lives on. It is longer than a body may be
 * silent, since whoever sends that is told.
 */
const NO_PROGRESS = 35_000;

const logger = new Logger('HttpServer');

/** The server below the application, with a limit for everything that a client can make it wait for or keep. */
export function createHttpServer(app: Express, { MAX_CONNECTIONS }: Config): Server {
  const pipelining = new Pipelining(app);
  const accept: RequestListener = (request, response) => pipelining.accept(request, response);
  const server = createServer(
    {
      ...expressMessages(app),
      maxHeaderSize: MAX_HEAD,
      // Node would answer without a body: see message-rules.ts.
      requireHostHeader: false,
      headersTimeout: HEAD_TIMEOUT,
      // A stream of reports may take its time; whoever reads another body limits it.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE,
      connectionsCheckingInterval: LOOK,
    },
    accept,
  );
  // One timer for each connection, which Node has anyway and moves on with each byte in or out.
  server.timeout = NO_PROGRESS;
  server.maxConnections = MAX_CONNECTIONS;
  // Without it, the primary of several workers hands a connection that one refuses out again, without end.
  (server as Server & { dropMaxConnection: boolean }).dropMaxConnection = true;
  let lastDrop = 0;
  server.on('drop', () => {
    // Once a minute: whoever floods the door should not flood the log.
    if (Date.now() - lastDrop < 60_000) return;
    lastDrop = Date.now();
    logger.warn(`connections are turned away: there are ${MAX_CONNECTIONS} already (MAX_CONNECTIONS)`);
  });
  server.on('checkExpectation', accept);
  server.on('connect', (_, socket) =>
    refuse(Object.assign(new Error('CONNECT'), { code: 'CONNECT' }), socket as Answering),
  );
  server.on('clientError', (error: ClientError, socket) => refuse(error, socket as Answering));
  return server;
}

/** What Node says of a request that is none; the bytes are the last that came. */
type ClientError = NodeJS.ErrnoException & { rawPacket?: Buffer };

/** Node keeps the answer that is under way on a connection here. */
type Answering = Socket & { _httpMessage?: { headersSent: boolean } };

const CODE_OF_ERROR: Readonly<Record<string, HttpProblemCode>> = {
  CONNECT: 'request.not-implemented',
  HPE_HEADER_OVERFLOW: 'request.headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request.timeout',
};

const DETAILS: Partial<Record<HttpProblemCode, string>> = {
  'request.not-implemented': 'This is no proxy: CONNECT is not possible.',
  'request.headers-too-large': `The head of the request is over ${MAX_HEAD} bytes long.`,
  'request.timeout': `The head of the request did not arrive within ${HEAD_TIMEOUT / 1_000} s.`,
};

/** Tells a client why what it sent is no request; there is none to be answered by the application. */
function refuse(error: ClientError, socket: Answering): void {
  // oxlint-disable-next-line no-underscore-dangle -- Node's own name; its default does the same.
  if (!socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy(error);
    return;
  }
  const code = CODE_OF_ERROR[error.code ?? ''] ?? 'request.malformed';
  const { status, title } = PROBLEMS[code];
  const requestId = randomUUID();
  logger.debug({ request_id: requestId, status, code, msg: error.message });
  const detail = DETAILS[code] ?? 'What was sent is not HTTP/1.1.';
  const type = `urn:incidents:problem:${code}`;
  const body = JSON.stringify({ type, title, status, detail, instance: '/', code, request_id: requestId });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  // The answer to HEAD has no body (RFC 9110, 9.3.2); its client would take one for the next answer.
  const isHead = error.rawPacket?.toString('latin1', 0, 5) === 'HEAD ';
  socket.end(`${head.join('\r\n')}\r\n\r\n${isHead ? '' : body}`, () => socket.destroy());
}

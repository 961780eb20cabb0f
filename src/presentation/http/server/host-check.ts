import { hostname } from 'node:os';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Config } from '../../../config/config.js';
import { HttpProblem } from '../problems/problems.js';

/** A host, and a port, which does not matter: a name in capitals or with a dot at its end is the same. */
const HOST = /^(\[[^\]]*\]|[^:]*?)\.?(?::\d*)?$/;

/** All names that resolve to this machine wherever it is (https://www.rfc-editor.org/rfc/rfc6761#section-6.3), and its addresses. */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Refuses requests that are addressed to another host than this machine. A page of any site can make a browser send requests
 * here, once the site's name resolves to this machine (DNS rebinding), and in development the access key is well known.
 */
export function refuseOtherHosts({ HOST: listening }: Config): RequestHandler {
  const own = new Set([hostname(), `${hostname()}.local`, listening].map((name) => name.toLowerCase()));
  return (request: Request, _response: Response, next: NextFunction) => {
    const { host } = request.headers;
    // Browsers always say it.
    if (host === undefined) return next();
    const name = HOST.exec(host)?.[1]?.toLowerCase() ?? '';
    if (LOOPBACK.test(name) || own.has(name) || isAddressOf(request, name)) return next();
    const detail =
      `In development, requests are for this machine: localhost, ${hostname()} or its address, not ${host}. ` +
      'NODE_ENV=production accepts any Host.';
    return next(new HttpProblem('request.misdirected', detail));
  };
}

/** Whether the client has connected to this address. */
function isAddressOf({ socket }: Request, host: string): boolean {
  const address = socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
  return address !== undefined && (host === address || host === `[${address}]`);
}

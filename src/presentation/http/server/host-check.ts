import { hostname } from 'node:os';
import type { Request } from 'express';
import type { Config } from '../../../config/config.js';
import { HttpProblem } from '../problems/problems.js';

/** A host without its port and without the dot that may end a name. */
const HOST = /^(\[[^\]]*\]|[^:]*?)\.?(?::\d*)?$/;

/** Names that resolve to this machine (https://www.rfc-editor.org/rfc/rfc6761#section-6.3), and the loopback addresses. */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Returns a check that throws an HttpProblem for a request whose Host is not this machine. A page of any site can make a browser
 * send requests here, once the name of the site resolves to this machine (DNS rebinding), and in development the access key is
 * well known.
 */
export function ownHostCheck({ HOST: listening }: Config): (request: Request) => void {
  const ownNames = new Set([hostname(), `${hostname()}.local`, listening].map((name) => name.toLowerCase()));
  return (request) => {
    const { host } = request.headers;
    // Browsers always send Host.
    if (host === undefined) return;
    const name = HOST.exec(host)?.[1]?.toLowerCase() ?? '';
    if (LOOPBACK.test(name) || ownNames.has(name) || isAddressOf(request, name)) return;
    const detail =
      `In development, Host must be localhost, ${hostname()} or an address of this machine, not ${host}. ` +
      'NODE_ENV=production accepts any Host.';
    throw new HttpProblem('request.misdirected', detail);
  };
}

/** Whether the client connected to this address. */
function isAddressOf({ socket }: Request, host: string): boolean {
  const address = socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
  return address !== undefined && (host === address || host === `[${address}]`);
}

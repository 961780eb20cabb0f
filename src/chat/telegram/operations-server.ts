import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BotHealth } from './bot-health.js';
import type { BotMetrics } from './bot-metrics.js';

/** A server for probes and metrics, open to whoever reaches its port: it tells of no message and no key. */
export class OperationsServer {
  private readonly server: Server;

  constructor(
    private readonly health: BotHealth,
    private readonly metrics: BotMetrics,
  ) {
    this.server = createServer((request, response) => {
      request.resume();
      void this.answer(request.url?.split('?')[0] ?? '', request.method ?? '', response);
    });
  }

  /** @returns where it listens. @throws what Node says where the port cannot be opened. */
  async listen(port: number, host: string): Promise<AddressInfo> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
    return this.server.address() as AddressInfo;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async answer(path: string, method: string, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    switch (path) {
      case '/health/live':
        // Whatever is away, a restart would not bring it back.
        return send(response, 200, { status: 'ok' });
      case '/health':
      case '/health/ready': {
        const checks = Object.entries(this.health.checks);
        const isWell = checks.every(([, { status }]) => status === 'up');
        return send(response, isWell ? 200 : 503, {
          status: isWell ? 'ok' : 'error',
          details: Object.fromEntries(checks),
        });
      }
      case '/metrics': {
        const { registry } = this.metrics;
        response.writeHead(200, { 'Content-Type': registry.contentType }).end(await registry.metrics());
        return;
      }
      default:
        return send(response, 404, { status: 'error' });
    }
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

import type { AddressInfo } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ClientConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { createLogger } from '../../src/processes/logger.js';
import { createApi } from '../../src/processes/api.js';
import type { Channel } from '../../src/presentation/channels/channel.js';
import { REGISTERED_CHANNELS } from '../../src/presentation/channels/registered-channels.js';
import { Config } from '../../src/config/config.js';
import { readConfig } from '../../src/config/read-config.js';
import { InfrastructureModule } from '../../src/infrastructure/infrastructure.module.js';
import { requestDataSource } from '../../src/infrastructure/postgres/schema/data-source.js';
import { requireContract } from './contract.js';
import { KEY } from './key.js';
import { aDatabase, databaseAt, type TestDatabase } from './databases.js';

export { KEY };

/** The log of all services of a test file, as it is written in production. */
export const logLines: string[] = [];
const logger = createLogger(
  { LOG_LEVEL: 'trace', prettyLogs: false },
  { write: (line) => void logLines.push(line) },
);

let addresses = 0;

/** A different client address at each call, for a service that trusts proxies on this machine: the auth throttle is per address. */
export const fromElsewhere = () => ({
  'X-Forwarded-For': `10.${++addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`,
});

export interface Answer<Body = any> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body if it is JSON, otherwise the text. */
  readonly body: Body;
}

/** The answer to a request, checked against the OpenAPI document. */
export async function readAnswer(method: string, path: string, response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '') && text !== '';
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : text,
  };
  requireContract(method, path, answer);
  return answer;
}

type Send = RequestInit & { json?: unknown };

export interface Service {
  readonly url: string;
  readonly app: NestExpressApplication;
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  /** Sends a request with the key, and checks the answer against the OpenAPI document. */
  request(method: string, path: string, send?: Send): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  report(incident?: Record<string, unknown>): Promise<Answer>;
  patch(path: string, json: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts the service on a real PostgreSQL, with its own database unless `on` names one. */
export async function startService({
  on,
  environment = {},
  channels = REGISTERED_CHANNELS,
}: {
  on?: ClientConfig;
  environment?: Record<string, string>;
  channels?: readonly Channel[];
} = {}): Promise<Service> {
  const database = on ? await databaseAt(on) : await aDatabase();
  const config = readConfig(Config, { NODE_ENV: 'test', X_ACCESS_KEY: KEY, ...environment });
  const dataSource = await requestDataSource(on ?? database.service, config.DATABASE_POOL_SIZE).initialize();
  const app = await createApi(config, InfrastructureModule.on(dataSource), logger, channels);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const request = async (
    method: string,
    path: string,
    { json, headers, ...init }: Send = {},
  ): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        'X-Access-Key': KEY,
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...init,
    });
    return readAnswer(method, path, response);
  };

  return {
    url,
    app,
    database,
    dataSource,
    request,
    get: (path, headers) => request('GET', path, { headers }),
    report: (incident = {}) =>
      request('POST', '/api/v1/incidents', {
        json: { description: 'Самокат #42 оффлайн', source: 'monitoring', ...incident },
      }),
    patch: (path, json, headers) => request('PATCH', path, { json, headers }),
    stop: async () => {
      // Otherwise it would wait for responses that a test has not read.
      app.getHttpServer().closeAllConnections();
      await app.close();
      await database.drop();
    },
  };
}

import { Logger } from '@nestjs/common';
import { type Config, DEVELOPMENT_KEY } from '../config/config.js';

/** Where the service listens. */
export interface Listening {
  readonly address: string;
  readonly port: number;
}

/** Says that the service is ready: to a person, what to try first; to a log, one line. */
export function printStartupBanner({ address, port }: Listening, config: Config): void {
  const host = ['0.0.0.0', '::'].includes(address)
    ? 'localhost'
    : address.includes(':')
      ? `[${address}]`
      : address;
  const url = `http://${host}:${port}`;
  if (!config.prettyLogs) {
    new Logger('Api').log(`listening on ${url}`);
    return;
  }
  const isDevelopmentKey = config.X_ACCESS_KEY === DEVELOPMENT_KEY;
  const header = isDevelopmentKey ? `'X-Access-Key: ${DEVELOPMENT_KEY}'` : '"X-Access-Key: $X_ACCESS_KEY"';
  process.stdout.write(`
  Incidents is ready.

    address  ${url}
    docs     ${url}/docs
    key      ${isDevelopmentKey ? `${DEVELOPMENT_KEY} (for development, on this machine only)` : 'that of X_ACCESS_KEY'}
    data     ${config.DATABASE_URL === undefined ? config.DATA_DIR : 'in the database of DATABASE_URL'}

  Report an incident:

    curl -i ${url}/api/v1/incidents -H ${header} \\
      -H 'Content-Type: application/json' -d '{"description": "Самокат #42 оффлайн", "source": "monitoring"}'

  Ctrl-C stops it.

`);
}

import { Logger } from '@nestjs/common';
import { type Config, DEVELOPMENT_KEY } from '../config/config.js';

/** Reports that the service is ready: to a person, with a first command to try; to a log, in one line. */
export function printStartupBanner(url: string, config: Config): void {
  if (!config.prettyLogs) {
    new Logger('Api').log(`listening on ${url}`);
    return;
  }
  const isDevelopmentKey = config.X_ACCESS_KEY === DEVELOPMENT_KEY;
  const header = isDevelopmentKey ? `'X-Access-Key: ${DEVELOPMENT_KEY}'` : '"X-Access-Key: $X_ACCESS_KEY"';
  process.stdout.write(`
  Incidents is ready.

    console  ${url}
    docs     ${url}/docs
    key      ${isDevelopmentKey ? `${DEVELOPMENT_KEY} (for development, on this machine only)` : 'the value of X_ACCESS_KEY'}
    data     ${config.DATABASE_URL === undefined ? config.DATA_DIR : 'the database of DATABASE_URL'}

  Report an incident:

    curl -i ${url}/api/v1/incidents -H ${header} \\
      -H 'Content-Type: application/json' -d '{"description": "Самокат #42 оффлайн", "source": "monitoring"}'

  Fill an empty register with a week of examples: make demo. Ctrl-C stops the service.

`);
}

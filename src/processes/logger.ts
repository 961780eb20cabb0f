import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import { type DestinationStream, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { ProcessConfig } from '../config/process-config.js';
import { isoTime } from '../shared/iso-time.js';

/** Where Nest tells of each module and route at every start. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

class ServiceLogger extends Logger {
  override log(message: unknown, ...parameters: unknown[]): void {
    if (FRAMEWORK.has(parameters.at(-1) as string)) this.debug(message, ...parameters);
    else super.log(message, ...parameters);
  }
}

/** Logs to standard output: JSON, a line each, or readable by people. */
export function createLogger(config: ProcessConfig): LoggerService {
  const options = { level: config.LOG_LEVEL, base: undefined };
  const logger = config.prettyLogs
    ? pino(options, PinoPretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' }))
    : pino(
        {
          ...options,
          timestamp: () => `,"time":"${isoTime(new Date())}"`,
          formatters: { level: (level) => ({ level }) },
        },
        oncePerTurn(),
      );
  return new ServiceLogger(new PinoLogger({ pinoHttp: { logger } }), {});
}

/** So many bytes are written before the turn of the event loop ends. */
const MAX_UNWRITTEN_BYTES = 8 * 1024;

/**
 * Standard output, written once in each turn of the event loop: a write for each of the many requests that are answered in one took
 * as long as all else that a line needs. A process that is killed loses the lines of one turn.
 */
function oncePerTurn(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true, minLength: MAX_UNWRITTEN_BYTES });
  let isScheduled = false;
  process.on('exit', () => output.flush());
  return {
    write: (line) => {
      output.write(line);
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        output.flush();
      });
    },
  };
}

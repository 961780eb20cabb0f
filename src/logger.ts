import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { ProcessConfig } from './config/process-config.js';

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
    : pino({
        ...options,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
      });
  return new ServiceLogger(new PinoLogger({ pinoHttp: { logger } }), {});
}

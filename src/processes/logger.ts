import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import { type DestinationStream, type Logger as PlainLogger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { ProcessConfig } from '../config/process-config.js';
import { isoTime } from '../shared/time/iso-time.js';

/** The contexts in which Nest logs each module and route at every start. */
const FRAMEWORK_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

class ServiceLogger extends Logger {
  private readonly children = new Map<string, PlainLogger>();

  constructor(private readonly root: PlainLogger) {
    super(new PinoLogger({ pinoHttp: { logger: root } }), {});
  }

  override log(message: unknown, ...parameters: unknown[]): void {
    const context = parameters.at(-1) as string;
    if (FRAMEWORK_CONTEXTS.has(context)) this.debug(message, ...parameters);
    else if (typeof message === 'object' && parameters.length === 1) this.childOf(context).info(message);
    else super.log(message, ...parameters);
  }

  /** It writes the members of an object as they are: a copy with the context, for each request, took as long as the rest of its line. */
  private childOf(context: string): PlainLogger {
    let child = this.children.get(context);
    if (!child) {
      child = this.root.child({ context });
      this.children.set(context, child);
    }
    return child;
  }
}

/** A logger to standard output: lines of JSON, or text for people. */
export function createLogger(config: ProcessConfig): LoggerService {
  const options = { level: config.LOG_LEVEL, base: undefined };
  const logger = config.prettyLogs
    ? pino(options, PinoPretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' }))
    : pino(
        {
          ...options,
          timestamp: logTime,
          formatters: { level: (level) => ({ level }) },
        },
        batchedOutput(),
      );
  return new ServiceLogger(logger);
}

let lastMs = NaN;
let lastTime = '';

/** The member of a line with the current time. The lines of one turn of the event loop are mostly of the same millisecond. */
function logTime(): string {
  const ms = Date.now();
  if (ms !== lastMs) lastTime = `,"time":"${isoTime(new Date(ms))}"`;
  lastMs = ms;
  return lastTime;
}

/** More characters than these are written before the turn of the event loop ends. */
const MAX_BUFFERED_CHARACTERS = 8 * 1024;

/**
 * Standard output, written once per turn of the event loop: one write for each of the many requests that are answered in a turn took
 * as long as the rest of a line's work. A process that is killed loses the lines of one turn.
 */
function batchedOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true });
  // The buffer of the destination counts the bytes of all lines so far with each line.
  let lines = '';
  const flush = () => {
    if (lines !== '') output.write(lines);
    lines = '';
  };
  process.on('exit', flush);
  return {
    write: (line) => {
      if (lines === '') setImmediate(flush);
      lines += line;
      if (lines.length > MAX_BUFFERED_CHARACTERS) flush();
    },
  };
}

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

/** What Nest logs to, which a process has one of. */
export class ServiceLogger extends Logger {
  constructor(private readonly root: PlainLogger) {
    super(new PinoLogger({ pinoHttp: { logger: root } }), {});
  }

  /** A logger of lines with this context that does not pass through Nest. */
  childOf(context: string): PlainLogger {
    return this.root.child({ context });
  }

  override log(message: unknown, ...parameters: unknown[]): void {
    if (FRAMEWORK_CONTEXTS.has(parameters.at(-1) as string)) this.debug(message, ...parameters);
    else super.log(message, ...parameters);
  }
}

/** A logger of lines of JSON, or of text for people on standard output. */
export function createLogger(
  config: Pick<ProcessConfig, 'LOG_LEVEL' | 'prettyLogs'>,
  output?: DestinationStream,
): ServiceLogger {
  const options = { level: config.LOG_LEVEL, base: undefined };
  const logger = config.prettyLogs
    ? pino(options, PinoPretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' }))
    : pino(
        {
          ...options,
          timestamp: logTime,
          formatters: { level: (level) => ({ level }) },
        },
        output ?? batchedOutput(),
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

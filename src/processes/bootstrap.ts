import { existsSync } from 'node:fs';
import { Logger, type LoggerService } from '@nestjs/common';
import { type Config, InvalidConfig, readConfig, readToolConfig } from '../config/config.js';
import { StartupError } from '../shared/startup-error.js';
import { createLogger } from './logger.js';
import type { ProcessConfig } from '../config/process-config.js';

/** What every process starts with. */
export interface ProcessContext<Configuration = Config> {
  readonly config: Configuration;
  readonly logger: LoggerService;
  /** Aborted when the process is told to stop: by SIGTERM, Ctrl-C or a terminal that is closed. */
  readonly stop: AbortSignal;
}

/** Runs a process of the service itself, on the service's configuration: see `beginWith`. */
export const bootstrap = (run: (beginning: ProcessContext) => Promise<void>): Promise<void> =>
  bootstrapWith(readConfig, run);

/** Runs a program from the command line, which works on the service's database and answers no requests. */
export const runCli = (run: (beginning: ProcessContext) => Promise<void>): Promise<void> =>
  bootstrapWith(readToolConfig, run);

/**
 * Reads the configuration, from `.env` too, and runs the process. One that cannot start says why, without a stack
 * where the reason is outside the program, and ends with exit code 1.
 */
export async function bootstrapWith<Configuration extends ProcessConfig>(
  read: (environment: NodeJS.ProcessEnv) => Configuration,
  run: (beginning: ProcessContext<Configuration>) => Promise<void>,
): Promise<void> {
  const stop = stopSignal();
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    const config = read(process.env);
    const logger = createLogger(config);
    Logger.overrideLogger(logger);
    await run({ config, logger, stop });
    process.exit(0);
  } catch (error) {
    if (stop.aborted && stop.reason === error) process.exit(0);
    const expected = error instanceof StartupError || error instanceof InvalidConfig;
    process.stderr.write(`${expected ? error.message : String((error as Error).stack ?? error)}\n`);
    process.exit(1);
  }
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  // A terminal and npm may both send the same signal: the second is no reason to hurry.
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => controller.abort());
  return controller.signal;
}

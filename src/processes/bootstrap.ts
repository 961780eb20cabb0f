import { existsSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { StoreUnavailable } from '../application/operations/store-unavailable.js';
import type { Config } from '../config/config.js';
import type { ProcessConfig } from '../config/process-config.js';
import { InvalidConfig, readConfig } from '../config/read-config.js';
import { StartupError } from '../shared/startup-error.js';
import { createLogger, type ServiceLogger } from './logger.js';

/** What every process starts with. */
export interface ProcessContext<Configuration = Config> {
  readonly config: Configuration;
  readonly logger: ServiceLogger;
  /** Aborted by SIGTERM, Ctrl-C or a closed terminal. */
  readonly stop: AbortSignal;
}

/**
 * Reads the configuration from the environment and `.env`, runs the process and exits with code 0. A process that fails
 * writes the reason to standard error, with a stack only for a fault in the program, and exits with code 1.
 */
export async function bootstrap<Configuration extends ProcessConfig>(
  type: new () => Configuration,
  run: (context: ProcessContext<Configuration>) => Promise<void>,
): Promise<void> {
  const stop = stopSignal();
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    const config = readConfig(type, process.env);
    const logger = createLogger(config);
    Logger.overrideLogger(logger);
    await run({ config, logger, stop });
    process.exit(0);
  } catch (error) {
    if (stop.aborted && stop.reason === error) process.exit(0);
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exit(1);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof StartupError || error instanceof InvalidConfig) return error.message;
  if (error instanceof StoreUnavailable)
    return `The database did not answer while the process started: ${(error.cause as Error).message}.`;
  return String((error as Error).stack ?? error);
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  // A terminal and npm may both send the same signal: the second one changes nothing.
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => controller.abort());
  return controller.signal;
}

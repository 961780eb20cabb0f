import { fileURLToPath } from 'node:url';
import type { Program } from './contender.ts';
import { PROJECT } from './product.ts';

// As in production, with the log enabled; only its destination differs.
const PRODUCTION = { NODE_ENV: 'production', HOST: '127.0.0.1', LOG_LEVEL: 'info', SHUTDOWN_DELAY: '0' };

/** The flags of V8 with which the service starts everywhere. */
export const FLAGS: readonly string[] = [
  '--max-semi-space-size=16',
  '--heap-growing-percent=30',
  '--v8-pool-size=2',
];

/** The service without a database: the upper bound of its speed. */
export function noDatabaseCeiling(): Program {
  return {
    name: 'ceiling',
    command: process.execPath,
    arguments: [...FLAGS, fileURLToPath(new URL('bench/no-database-ceiling.ts', PROJECT))],
    environment: PRODUCTION,
  };
}

/** The service, run as one process. */
export function ours(databaseUrl: string): Program {
  return {
    name: 'ours',
    command: process.execPath,
    arguments: [...FLAGS, fileURLToPath(new URL('dist/src/main.js', PROJECT))],
    environment: { ...PRODUCTION, DATABASE_URL: databaseUrl },
  };
}

/** The Kafka worker, run as one process. */
export function worker(databaseUrl: string, brokers: string): Program {
  return {
    name: 'worker',
    command: process.execPath,
    arguments: [...FLAGS, fileURLToPath(new URL('dist/src/main.worker.js', PROJECT))],
    environment: { ...PRODUCTION, DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers },
    probe: '/health/ready',
  };
}

/** The command line interface. */
export const CLI: string = fileURLToPath(new URL('dist/src/main.cli.js', PROJECT));

import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestKafka } from '../kafka.js';

/** Debian's own Python, for which the package python3-confluent-kafka provides librdkafka. */
const PYTHON = '/usr/bin/python3';

/** Whether this machine has librdkafka for Python; CI must have it. */
export const hasLibrdkafka =
  process.env['CI'] === 'true' || spawnSync(PYTHON, ['-c', 'import confluent_kafka']).status === 0;

if (!hasLibrdkafka) {
  process.stdout.write(
    "The tests with librdkafka are skipped: Debian's package python3-confluent-kafka is not installed.\n",
  );
}

/** The messages of a transaction, and how it ends. */
export interface Transaction {
  readonly values: readonly string[];
  readonly ending: 'commit' | 'abort';
}

/** Sends transactions one after the other by one librdkafka producer, to partition 0 of the topic. */
export async function sendTransactions(
  { brokers }: TestKafka,
  topic: string,
  transactions: readonly Transaction[],
): Promise<void> {
  const script = join(import.meta.dirname, 'transactions.py');
  const execution = promisify(execFile)(PYTHON, [script, brokers, topic]);
  execution.child.stdin!.end(JSON.stringify(transactions));
  await execution;
}

import { formatNumber, logProgress } from '../../bench/progress.ts';
import { pause } from '../support/pause.ts';
import { Attempts } from './attempts.ts';
import { Clients } from './clients.ts';
import { compareAll, type Differences, type Witnesses } from './comparison.ts';
import type { Deployment } from './deployment.ts';
import { awaitCondition, type Drill } from './faults.ts';
import type { Round, Settings } from './settings.ts';

/** How long writes may take to succeed again before the drill gives up. */
const RECOVERY_TIMEOUT_MS = 120_000;
const MAX_EXAMPLES = 10;

/** The result of a round. */
export interface Result {
  readonly name: string;
  readonly outageMs: number;
  readonly attempts: Attempts;
  readonly lost: number;
  readonly duplicated: number;
  /** All violations, losses included, for people. */
  readonly violations: readonly string[];
}

/** What runs during all rounds. */
export interface Scene extends Omit<Drill, 'untilWritten'>, Witnesses {
  readonly settings: Settings;
  readonly deployment: Deployment;
  readonly certificate: string;
  readonly maxOutageMs: number;
  /** The requests of the present round. */
  attempts: Attempts;
  /** What all clients have recorded so far. */
  readonly ledgers: string[];
  /** The differences that earlier rounds have found. */
  found: Omit<Differences, 'examples'>;
}

/** Runs one round: load, the fault, load; then compares. */
export async function run({ name, fault, route }: Round, scene: Scene): Promise<Result> {
  const { settings, deployment, apis, chat, kafka } = scene;
  if (apis.route !== route) {
    logProgress(`${name}: restarts the api processes with the route ${route}`);
    await apis.restart(route);
  }
  await scene.cluster.untilHealthy();
  const attempts = new Attempts();
  scene.attempts = attempts;
  const prefix = `${name.replace('@', '-')}-${scene.ledgers.length}`;
  await using clients = new Clients(
    prefix,
    settings.clients,
    settings.seed + scene.ledgers.length,
    deployment,
    scene.certificate,
    (attempt) => attempts.add(attempt, true),
  );
  scene.ledgers.push(...clients.ledgers);
  const stopping = new AbortController();
  using ending = new DisposableStack();
  ending.defer(() => stopping.abort());
  const messages = Promise.all([chat.write(prefix, stopping.signal), kafka?.write(prefix, stopping.signal)]);
  // A failure is thrown below, after the fault.
  messages.catch(() => undefined);

  await awaitCondition(() => attempts.acknowledged > 0, RECOVERY_TIMEOUT_MS);
  await pause(settings.seconds * 1_000, 'clients report before the fault');
  const injectedAt = Date.now();
  const untilWritten = async () => {
    const before = attempts.acknowledged;
    await awaitCondition(() => attempts.acknowledged > before, RECOVERY_TIMEOUT_MS);
  };
  logProgress(`${name}: ${fault.summary}`);
  await fault.inject({ ...scene, untilWritten });
  await untilWritten();
  await pause(settings.seconds * 1_000, 'clients report after the fault');
  const outageMs = attempts.longestOutageMs(injectedAt, Date.now());
  stopping.abort();
  await Promise.all([messages, clients.stop()]);

  const database = await scene.cluster.connect();
  try {
    const differences = await compareAll(scene, database);
    const { lost, duplicated, other } = scene.found;
    scene.found = differences;
    const late = outageMs > scene.maxOutageMs ? [`writes failed for ${seconds(outageMs)} s`] : [];
    const violations = [...attempts.violations(fault.breaksConnections ?? false), ...late];
    if (differences.lost + differences.duplicated + differences.other > lost + duplicated + other) {
      violations.push(...differences.examples);
    }
    const result = {
      name,
      outageMs,
      attempts,
      lost: differences.lost - lost,
      duplicated: differences.duplicated - duplicated,
      violations,
    };
    logProgress(
      `${name}: writes failed for ${seconds(outageMs)} s; ${formatNumber(attempts.acknowledged)} acknowledged, ${result.lost} lost, ` +
        `${result.duplicated} duplicated, ${violations.length} violations`,
    );
    for (const example of violations.slice(0, MAX_EXAMPLES)) logProgress(`  ${example}`);
    return result;
  } finally {
    await database.end();
  }
}

export const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

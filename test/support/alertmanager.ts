import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aPort } from './ports.js';
import { until } from './until.js';

const PROGRAM = ['prometheus-alertmanager', 'alertmanager'].find(
  (name) => spawnSync(name, ['--version']).error === undefined,
);

/** Whether this machine has an Alertmanager; CI must have one. */
export const hasAlertmanager = process.env['CI'] === 'true' || PROGRAM !== undefined;

if (!hasAlertmanager) {
  process.stdout.write('The tests with a real Alertmanager are skipped: this machine has none.\n');
}

export interface TestAlertmanager {
  /** Posts alerts, as Prometheus does; an alert whose end has passed is resolved. */
  postAlerts(alerts: readonly object[]): Promise<void>;
  output(): string;
  stop(): Promise<void>;
}

/** Starts a real Alertmanager with this configuration. */
export async function anAlertmanager(configuration: string): Promise<TestAlertmanager> {
  const directory = mkdtempSync(join(tmpdir(), 'incidents-alertmanager-'));
  const file = join(directory, 'alertmanager.yml');
  writeFileSync(file, configuration);
  const url = `http://127.0.0.1:${await aPort()}`;
  const server: ChildProcess = spawn(
    PROGRAM!,
    [
      `--config.file=${file}`,
      `--storage.path=${directory}`,
      `--web.listen-address=${url.slice('http://'.length)}`,
      '--cluster.listen-address=',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  server.stdout!.on('data', (chunk) => (output += String(chunk)));
  server.stderr!.on('data', (chunk) => (output += String(chunk)));
  const isReady = () => {
    if (server.exitCode !== null) throw new Error(`Alertmanager has exited:\n${output}`);
    return fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until(isReady, { state: () => output });
  return {
    postAlerts: async (alerts) => {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (!response.ok)
        throw new Error(`Alertmanager responds with ${response.status}: ${await response.text()}`);
    },
    output: () => output,
    stop: async () => {
      const exited = once(server, 'close');
      server.kill('SIGKILL');
      await exited;
      rmSync(directory, { recursive: true });
    },
  };
}

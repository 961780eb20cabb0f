import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Case } from './cases.js';

export const CHART = 'deploy/helm/incidents';

/** The oldest version that the chart allows, one in between, and the newest that has schemas. */
export const KUBERNETES_VERSIONS = ['1.30', '1.34', '1.37'];

/** A document of a manifest, as Kubernetes gets it. */
export type Manifest = any;

/** What Helm prints, or what it says of an error. */
export async function helm(...args: string[]): Promise<{ output: string; error: string }> {
  if (!process.env['HELM']) throw new Error('HELM does not name the program: run "make charts".');
  return promisify(execFile)(process.env['HELM'], args, { maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => ({ output: stdout, error: '' }),
    ({ stdout, stderr }: { stdout: string; stderr: string }) => ({ output: stdout, error: stderr }),
  );
}

/** The arguments of `helm template` and `helm install` for a case. */
export function argumentsOf(
  name: string,
  { values, files = [], release = 'incidents' }: Case,
  folder: string,
): string[] {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.values.json`);
  writeFileSync(file, JSON.stringify(values));
  return [release, CHART, '--namespace=incidents', ...[...files, file].map((each) => `--values=${each}`)];
}

export interface Validated {
  readonly documents: Record<string, Manifest[]>;
  readonly errors: readonly string[];
  /** Kinds that are not of Kubernetes itself. */
  readonly unknown: readonly string[];
}

/** Reads YAML files, and validates their documents against the schemas of Kubernetes. */
export function validated(files: readonly string[]): Validated {
  const answer = execFileSync(
    'python3',
    ['test/charts/validate.py', KUBERNETES_VERSIONS.join(','), ...files],
    {
      env: { ...process.env, PYTHONPATH: join(process.env['CHART_TOOLS']!, 'python') },
      maxBuffer: 256 * 1024 * 1024,
    },
  );
  return JSON.parse(answer.toString()) as Validated;
}

/** What a schema of the package says of a custom resource; undefined for a valid one. It checks types, not unknown fields. */
export async function customResourceError(manifest: Manifest): Promise<string | undefined> {
  const [group] = manifest.apiVersion.split('/');
  const name = group === 'monitoring.coreos.com' ? 'prometheus-operator' : 'gateway-api';
  const modules = join(process.env['CHART_TOOLS']!, 'models/node_modules/@kubernetes-models');
  const module = await import(join(modules, name, manifest.apiVersion, `${manifest.kind}.js`));
  try {
    new module[manifest.kind](manifest).validate();
    return undefined;
  } catch (error) {
    return `${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`;
  }
}

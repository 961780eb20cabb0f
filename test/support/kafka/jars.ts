import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const POM = fileURLToPath(new URL('pom.xml', import.meta.url));

/** Kafka 4 requires at least this version. */
const MIN_JAVA_VERSION = 17;

/** Its name has a digest of pom.xml: a changed pom.xml gets another directory. */
const JARS_DIRECTORY: string = fileURLToPath(
  new URL(`../../../.cache/kafka-${hash('sha256', readFileSync(POM)).slice(0, 12)}`, import.meta.url),
);

/** Why this machine cannot run Kafka; undefined if it can. */
export function kafkaUnavailableReason(): string | undefined {
  const version = /version "(\d+)/.exec(String(spawnSync('java', ['-version']).stderr))?.[1];
  if (version === undefined) return 'this machine has no Java';
  if (Number(version) < MIN_JAVA_VERSION)
    return `this machine has Java ${version}, but Kafka needs ${MIN_JAVA_VERSION}`;
  if (existsSync(JARS_DIRECTORY) || spawnSync('mvn', ['--version']).error === undefined) return undefined;
  return 'this machine has no Maven to download it';
}

/** The directory with the jars of Kafka. Maven downloads them the first time. */
export function kafkaJars(): string {
  if (existsSync(JARS_DIRECTORY)) return JARS_DIRECTORY;
  mkdirSync(dirname(JARS_DIRECTORY), { recursive: true });
  // Several processes may download at the same time: the first to finish renames its directory.
  const downloadDirectory = mkdtempSync(`${JARS_DIRECTORY}-`);
  const goal = [
    'dependency:copy-dependencies',
    `-DoutputDirectory=${downloadDirectory}`,
    '-DincludeScope=runtime',
  ];
  const maven = spawnSync('mvn', ['--batch-mode', '--quiet', '--file', POM, ...goal], { encoding: 'utf8' });
  if (maven.status !== 0) {
    rmSync(downloadDirectory, { recursive: true });
    throw new Error(
      `Maven cannot download Kafka:\n${maven.error?.message ?? ''}${maven.stdout}${maven.stderr}`,
    );
  }
  if (existsSync(JARS_DIRECTORY)) rmSync(downloadDirectory, { recursive: true });
  else renameSync(downloadDirectory, JARS_DIRECTORY);
  return JARS_DIRECTORY;
}

import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const POM = fileURLToPath(new URL('pom.xml', import.meta.url));

/** Kafka 4 runs on nothing older. */
const MIN_JAVA_VERSION = 17;

/** Named after what is in it: another pom.xml has other jars. */
const JARS_DIRECTORY: string = fileURLToPath(
  new URL(`../../../.cache/kafka-${hash('sha256', readFileSync(POM)).slice(0, 12)}`, import.meta.url),
);

/** Why this machine cannot run a Kafka of its own; undefined where it can. */
export function kafkaUnavailableReason(): string | undefined {
  const version = /version "(\d+)/.exec(String(spawnSync('java', ['-version']).stderr))?.[1];
  if (version === undefined) return 'there is no Java on this machine';
  if (Number(version) < MIN_JAVA_VERSION)
    return `the Java of this machine is ${version}, and Kafka needs ${MIN_JAVA_VERSION}`;
  if (existsSync(JARS_DIRECTORY) || spawnSync('mvn', ['--version']).error === undefined) return undefined;
  return 'there is no Maven on this machine to fetch it with';
}

/** The directory with the jars of Kafka, which Maven fetches the first time. */
export function kafkaJars(): string {
  if (existsSync(JARS_DIRECTORY)) return JARS_DIRECTORY;
  mkdirSync(dirname(JARS_DIRECTORY), { recursive: true });
  // Several may fetch at the same time: whoever is ready first gives its directory the name.
  const fetched = mkdtempSync(`${JARS_DIRECTORY}-`);
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fetched}`, '-DincludeScope=runtime'];
  const maven = spawnSync('mvn', ['--batch-mode', '--quiet', '--file', POM, ...goal], { encoding: 'utf8' });
  if (maven.status !== 0) {
    rmSync(fetched, { recursive: true });
    throw new Error(`Maven cannot fetch Kafka:\n${maven.error?.message ?? ''}${maven.stdout}${maven.stderr}`);
  }
  if (existsSync(JARS_DIRECTORY)) rmSync(fetched, { recursive: true });
  else renameSync(fetched, JARS_DIRECTORY);
  return JARS_DIRECTORY;
}

import { rmSync } from 'node:fs';

export default async function teardown() {
  const { postgres, kafka, directory } = globalThis.testServers;
  await Promise.all([postgres.stop(), kafka.stop()]);
  rmSync(directory, { recursive: true, force: true });
}

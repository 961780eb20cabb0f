import { rmSync } from 'node:fs';

export default async function teardown() {
  const { postgres, directory } = globalThis.testPostgres;
  await postgres.stop();
  rmSync(directory, { recursive: true });
}

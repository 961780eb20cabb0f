import { once } from 'node:events';
import { begin } from './begin.js';
import { startWorker } from './worker.js';

await begin(async ({ config, logger, stop }) => {
  const worker = await startWorker(config, logger, stop);
  if (!stop.aborted) await once(stop, 'abort');
  await worker.stop();
});

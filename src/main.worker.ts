import { once } from 'node:events';
import { begin } from './processes/bootstrap.js';
import { startWorker } from './processes/kafka-worker.js';

await begin(async ({ config, logger, stop }) => {
  const worker = await startWorker(config, logger, stop);
  if (!stop.aborted) await once(stop, 'abort');
  await worker.stop();
});

import { once } from 'node:events';
import { bootstrap } from './processes/bootstrap.js';
import { startKafkaWorker } from './processes/kafka-worker.js';

await bootstrap(async ({ config, logger, stop }) => {
  const worker = await startKafkaWorker(config, logger, stop);
  if (!stop.aborted) await once(stop, 'abort');
  await worker.stop();
});

import { aborted } from './shared/abort.js';
import { bootstrap } from './processes/bootstrap.js';
import { startKafkaWorker } from './processes/kafka-worker.js';

await bootstrap(async ({ config, logger, stop }) => {
  const worker = await startKafkaWorker(config, logger, stop);
  await aborted(stop);
  await worker.stop();
});

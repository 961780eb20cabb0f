import './processes/source-maps.js';

const { Config } = await import('./config/config.js');
const { bootstrap } = await import('./processes/bootstrap.js');
const { runKafkaWorker } = await import('./processes/kafka-worker.js');

await bootstrap(Config, runKafkaWorker);

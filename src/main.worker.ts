import { readConfig } from './config/config.js';
import { bootstrap } from './processes/bootstrap.js';
import { runKafkaWorker } from './processes/kafka-worker.js';

await bootstrap(readConfig, runKafkaWorker);

import { Config } from './config/config.js';
import { bootstrap } from './processes/bootstrap.js';
import { runKafkaWorker } from './processes/kafka-worker.js';

await bootstrap(Config, runKafkaWorker);

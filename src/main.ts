import cluster from 'node:cluster';
import { once } from 'node:events';
import { announce } from './processes/startup-banner.js';
import { startApiServer } from './processes/api-server.js';
import { begin } from './processes/bootstrap.js';
import { runWorkers } from './processes/api-cluster.js';

await begin(async ({ config, logger, stop }) => {
  if (config.WORKERS > 1 && cluster.isPrimary) return runWorkers(config, stop);
  const server = await startApiServer(config, logger, stop);
  if (cluster.isPrimary) announce(server.listening, config);
  if (!stop.aborted) await once(stop, 'abort');
  await server.stop();
});

import cluster from 'node:cluster';
import { once } from 'node:events';
import { announce } from './announce.js';
import { startApiServer } from './api-server.js';
import { begin } from './begin.js';
import { runWorkers } from './workers.js';

await begin(async ({ config, logger, stop }) => {
  if (config.WORKERS > 1 && cluster.isPrimary) return runWorkers(config, stop);
  const server = await startApiServer(config, logger, stop);
  if (cluster.isPrimary) announce(server.listening, config);
  if (!stop.aborted) await once(stop, 'abort');
  await server.stop();
});

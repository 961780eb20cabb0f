import cluster from 'node:cluster';
import { aborted } from './shared/abort.js';
import { printStartupBanner } from './processes/startup-banner.js';
import { startApiServer } from './processes/api-server.js';
import { bootstrap } from './processes/bootstrap.js';
import { runApiCluster } from './processes/api-cluster.js';

await bootstrap(async ({ config, logger, stop }) => {
  if (config.API_PROCESSES > 1 && cluster.isPrimary) return runApiCluster(config, stop);
  const server = await startApiServer(config, logger, stop);
  if (cluster.isPrimary) printStartupBanner(server.listening, config);
  await aborted(stop);
  await server.stop();
});

import { begin } from './begin.js';
import { startApiServer } from './api-server.js';

await begin(async ({ config, logger, stop }) => {
  const server = await startApiServer(config, logger, stop);
  await new Promise((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener('abort', resolve, { once: true });
  });
  await server.stop();
});

import './processes/source-maps.js';

const { Config } = await import('./config/config.js');
const { runApi } = await import('./processes/api.js');
const { bootstrap } = await import('./processes/bootstrap.js');

await bootstrap(Config, runApi);

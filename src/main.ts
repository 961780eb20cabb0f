import { Config } from './config/config.js';
import { runApi } from './processes/api.js';
import { bootstrap } from './processes/bootstrap.js';

await bootstrap(Config, runApi);

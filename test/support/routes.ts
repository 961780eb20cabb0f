import { HttpAdapter, type Route } from '../../src/presentation/http/server/http-adapter.js';
import type { Service } from './service.js';

/** All routes of the service except those of the documentation. */
export function routesOf({ app }: Service): Route[] {
  return (app.getHttpAdapter() as HttpAdapter).routes.filter(({ path }) => !path.startsWith('/docs'));
}

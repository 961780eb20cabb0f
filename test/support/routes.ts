import type { Express } from 'express';
import type { Service } from './service.js';

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

export interface Route {
  readonly method: string;
  /** As it was declared, `/api/v1/incidents/:id`. */
  readonly path: string;
}

/** All that Express has a route for, except for the documentation. */
export function routesOf({ app }: Service): Route[] {
  const { stack } = (app.getHttpAdapter().getInstance() as Express).router as unknown as { stack: Layer[] };
  return stack
    .flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => ({ method, path: route.path })) : [],
    )
    .filter(({ path }) => !path.startsWith('/docs'))
    .map(({ method, path }) => ({ method: method.toUpperCase(), path }));
}

import { METHODS } from 'node:http';
import type { Express, NextFunction, Request, Response } from 'express';
import { HttpProblem } from '../problems/problems.js';

interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/**
 * Answers what no route has answered: OPTIONS with the methods there are, a known path with another method by 405,
 * and the rest by 404. Mounted behind all the routes.
 */
export function answerNotFound(request: Request, response: Response, next: NextFunction): void {
  const allowed = methodsOf(request.app as Express, request.path);
  if (allowed.length === 0) {
    next(new HttpProblem('request.route-not-found', `There is nothing at ${request.path}.`));
  } else if (request.method === 'OPTIONS') {
    response.status(204).set('Allow', allowed.join(', ')).end();
  } else {
    const detail = `${request.method} is not possible here; possible are ${allowed.join(', ')}.`;
    next(new HttpProblem('request.method-not-allowed', detail, {}, { Allow: allowed.join(', ') }));
  }
}

/** The methods that Express has routes for at this path; HEAD comes with GET. */
function methodsOf(app: Express, path: string): string[] {
  const layers = (app.router as unknown as { stack: Layer[] }).stack;
  const methods = layers
    .filter((layer) => layer.route && matches(layer, path))
    .flatMap((layer) => Object.keys(layer.route!.methods));
  if (methods.length === 0) return [];
  if (methods.includes('get')) methods.push('head');
  return METHODS.filter((method) => method === 'OPTIONS' || methods.includes(method.toLowerCase()));
}

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch (error) {
    // A path that cannot be decoded; the router has said so before.
    if (error instanceof URIError) return false;
    throw error;
  }
}

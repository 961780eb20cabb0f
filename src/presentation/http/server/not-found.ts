import { METHODS } from 'node:http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { HttpProblem } from '../problems/problems.js';

interface Locals {
  allowed?: readonly string[];
}

/** Records, for `answerNotFound`, that a path has a route for this method. Mounted on that path, behind all routes. */
export function allowMethod(method: string): RequestHandler {
  return (_request, { locals }: Response<unknown, Locals>, next) => {
    locals.allowed = [...(locals.allowed ?? []), method];
    next();
  };
}

/**
 * Answers what no route has answered: OPTIONS with the methods of the path, another method of a known path with 405, and
 * the rest with 404. Mounted behind all routes.
 */
export function answerNotFound(
  request: Request,
  response: Response<unknown, Locals>,
  next: NextFunction,
): void {
  const { allowed } = response.locals;
  if (!allowed) {
    next(new HttpProblem('request.route-not-found', `There is nothing at ${request.path}.`));
    return;
  }
  const allow = allowHeader(allowed);
  if (request.method === 'OPTIONS') {
    response.status(204).set('Allow', allow).end();
    return;
  }
  const detail = `${request.method} is not allowed here; allowed methods are ${allow}.`;
  next(new HttpProblem('request.method-not-allowed', detail, {}, { Allow: allow }));
}

/** Express answers HEAD by the route of GET. */
function allowHeader(methods: readonly string[]): string {
  const allowed = new Set(['OPTIONS', ...methods, ...(methods.includes('GET') ? ['HEAD'] : [])]);
  return METHODS.filter((method) => allowed.has(method)).join(', ');
}

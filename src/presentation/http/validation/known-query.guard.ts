import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { isPublic } from '../auth/access-key.guard.js';
import { invalidRequest, pointerTo } from '../problems/problems.js';

/**
 * Refuses parameters to routes that have none: who sends one expects it to do something. Routes that have some check
 * them themselves; probes are asked in many ways, and mean nothing by it.
 */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (!request.url.includes('?')) return true;
    const names = Object.keys(request.query);
    if (names.length === 0 || hasQuery(context) || isPublic(this.reflector, context)) return true;
    throw invalidRequest(
      names.map((name) => ({ in: 'query', pointer: pointerTo(name), detail: `${name} is not known here` })),
    );
  }
}

/** Whether the route takes parameters: Nest keeps for each handler what it is called with, by kind and position. */
function hasQuery(context: ExecutionContext): boolean {
  const known = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  ) as object;
  return Object.keys(known ?? {}).some((kind) => kind.startsWith(`${RouteParamtypes.QUERY}:`));
}

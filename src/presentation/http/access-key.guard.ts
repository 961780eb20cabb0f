import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';
import { AccessKeys } from './access-keys.js';
import { HttpProblem } from './problems.js';

const PUBLIC = 'public';

/** Opens a controller or a route to everyone. Whatever does not say so needs a key. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC, true), ApiSecurity({}));

/** The name of the key that the request came with. */
export const Actor = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Request>().accessKey!.name,
);

/** Lets in whoever brings a valid key; guards every route of the application. */
@Injectable()
export class AccessKeyGuard implements CanActivate {
  constructor(
    private readonly keys: AccessKeys,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()]))
      return true;
    const request = context.switchToHttp().getRequest<Request>();
    const secret = secretOf(request);
    const key = secret === undefined ? undefined : this.keys.find(secret);
    if (!key) {
      throw new HttpProblem(
        'request.unauthorized',
        'A valid access key is needed in X-Access-Key, X-API-Key or Authorization: Bearer.',
        {},
        { 'WWW-Authenticate': 'Bearer realm="incidents"' },
      );
    }
    request.accessKey = key;
    return true;
  }
}

// Prometheus and Alertmanager can send Authorization only; other clients expect one of the first two.
function secretOf({ headers }: Request): string | undefined {
  const own = headers['x-access-key'] ?? headers['x-api-key'];
  if (typeof own === 'string') return own;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

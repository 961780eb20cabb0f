import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type PipeTransform,
  Query,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isPublic } from '../auth/access-key.guard.js';
import { inputError, invalidRequest } from '../problems/problems.js';
import { validated } from './strict-validation.js';
import { requestOf } from '../server/request-context.js';

const HAS_QUERY = 'has-query';

const pipe: PipeTransform = {
  transform: (value, { metatype }) => validated('query', metatype as Type<object>, value),
};

/** The query of a request, validated by the class of the parameter. A route without it rejects every query parameter. */
export const StrictQuery = (): ParameterDecorator => (target, method, index) => {
  Query(pipe)(target, method, index);
  const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
  SetMetadata(HAS_QUERY, true)(target, method!, descriptor);
};

/**
 * Rejects query parameters on routes that declare none: a client that sends one expects an effect. Routes with `StrictQuery`
 * validate theirs; public routes accept any, since probes add meaningless ones.
 */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    if (!request.url.includes('?')) return true;
    const names = Object.keys(request.query);
    if (names.length === 0 || isPublic(this.reflector, context)) return true;
    if (this.reflector.get<boolean | undefined>(HAS_QUERY, context.getHandler())) return true;
    throw invalidRequest(names.map((name) => inputError('query', name, `unknown parameter ${name}`)));
  }
}

import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';
import { AccessKeyVerifier } from '../../../application/access/access-key-verifier.js';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import type { Principal } from '../../../domain/access/access-key.js';
import { hasPermission, type Permission, type Role } from '../../../domain/access/role.js';
import { forbidden, HttpProblem, rateLimited, UNAUTHORIZED } from '../problems/problems.js';
import { ConcurrentRequests } from '../server/concurrent-requests.js';
import { AuthThrottle } from './auth-throttle.js';
import { FIND_KEY, type FindKey } from './key-location.js';

/** When a key with too many requests in flight may try again. */
const CONCURRENCY_RETRY_AFTER_SECONDS = 1;

const PUBLIC = 'public';
const NEEDS = 'needs';
const INTAKE = 'intake';

/** Opens a controller or a route to everyone. Without it, a route needs an access key. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC, true), ApiSecurity({}));

/** Opens a controller or a route to the roles with this permission. Without it, a route is for admins. */
export const Needs = (permission: Permission) => SetMetadata(NEEDS, permission);

/** Whether the route of the request is open to everyone. */
export function isPublic(reflector: Reflector, context: ExecutionContext): boolean {
  return reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()]) ?? false;
}

/**
 * A route that receives reports: it answers 503 instead of 429 over the rate limit. Senders such as Alertmanager take a 429
 * for final, and drop the report.
 */
export const Intake = () => SetMetadata(INTAKE, true);

interface Rules {
  readonly isPublic: boolean;
  readonly permission: Permission;
  readonly isIntake: boolean;
  /** Finds a key that is not in the headers. */
  readonly findKey: FindKey | undefined;
}

/** Requires an active access key of a role with the permission of the route, within the limits of the key. Guards all routes. */
@Injectable()
export class AccessKeyGuard implements CanActivate {
  /** Read once for each route instead of once for each request. */
  private readonly rulesOfHandler = new Map<object, Rules>();

  constructor(
    private readonly verifier: AccessKeyVerifier,
    private readonly rateLimiter: RateLimiter,
    private readonly authThrottle: AuthThrottle,
    private readonly concurrentRequests: ConcurrentRequests,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rules = this.rulesOf(context);
    if (rules.isPublic) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const secret = rules.findKey ? rules.findKey(request) : secretOf(request);
    if (secret instanceof Promise) {
      return secret.then((found) => this.authenticate(request, found ?? secretOf(request), rules));
    }
    return this.authenticate(request, secret ?? secretOf(request), rules);
  }

  private authenticate(request: Request, secret: string | undefined, rules: Rules): true | Promise<true> {
    const principal = secret === undefined ? undefined : this.verifier.verify(secret);
    // Usually it is known at once; an await would cost each request a turn of the event loop.
    if (principal instanceof Promise) return principal.then((found) => this.authorize(request, found, rules));
    return this.authorize(request, principal, rules);
  }

  /** Synchronous where possible, as `canActivate` is. */
  private readonly requireKeyAgain = ({ accessKey }: Pick<Request, 'accessKey'>): void | Promise<void> => {
    const isValid = this.verifier.isStillValid(accessKey!);
    return isValid === true ? undefined : requireValid(isValid);
  };

  private rulesOf(context: ExecutionContext): Rules {
    const handler = context.getHandler();
    let rules = this.rulesOfHandler.get(handler);
    if (!rules) {
      const declared = [handler, context.getClass()];
      rules = {
        isPublic: isPublic(this.reflector, context),
        permission: this.reflector.getAllAndOverride<Permission>(NEEDS, declared) ?? 'manage-keys',
        isIntake: this.reflector.getAllAndOverride<boolean>(INTAKE, declared) ?? false,
        findKey: this.reflector.getAllAndOverride<FindKey | undefined>(FIND_KEY, declared),
      };
      this.rulesOfHandler.set(handler, rules);
    }
    return rules;
  }

  private authorize(request: Request, principal: Principal | undefined, rules: Rules): true | Promise<true> {
    if (!principal) return this.rejectUnauthorized(request, rules);
    const { name, role } = principal;
    if (!this.concurrentRequests.begin(name, request.res!)) {
      const detail = `The key ${name} is limited to ${this.concurrentRequests.limit} concurrent requests.`;
      throw rateLimited(detail, CONCURRENCY_RETRY_AFTER_SECONDS, rules);
    }
    request.accessKey = principal;
    request.requireKeyAgain = this.requireKeyAgain;
    if (this.rateLimiter.limitsRequests) return this.countRequest(request, principal, rules);
    requirePermission(role, rules.permission);
    return true;
  }

  private async rejectUnauthorized(request: Request, rules: Rules): Promise<never> {
    const retryAfterSeconds = await this.authThrottle.countFailure(request);
    if (retryAfterSeconds === undefined) throw UNAUTHORIZED;
    const detail = 'Too many requests without a valid access key came from this address.';
    throw rateLimited(detail, retryAfterSeconds, rules);
  }

  /** Every request counts, also one for which the role has no permission. */
  private async countRequest(
    request: Request,
    { name, principal, role }: Principal,
    rules: Rules,
  ): Promise<true> {
    const { limit, remaining, resetsInSeconds, isExceeded } = await this.rateLimiter.countRequest(principal);
    // https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    request.res!.setHeader('RateLimit-Policy', `"key";q=${limit};w=60`);
    request.res!.setHeader('RateLimit', `"key";r=${remaining};t=${resetsInSeconds}`);
    if (isExceeded) {
      const detail = `The key ${name} is limited to ${limit} requests per minute.`;
      throw rateLimited(detail, resetsInSeconds, rules);
    }
    requirePermission(role, rules.permission);
    return true;
  }
}

async function requireValid(isValid: boolean | Promise<boolean>): Promise<void> {
  if (await isValid) return;
  throw new HttpProblem('request.unauthorized', 'The access key has expired or is revoked.');
}

/** @throws HttpProblem if the role does not have the permission. */
export function requirePermission(role: Role, permission: Permission): void {
  if (!hasPermission(role, permission)) throw forbidden(role, permission);
}

/** The access key in the headers: Prometheus and Alertmanager can send Authorization only, other clients one of the first two. */
function secretOf({ headers }: Request): string | undefined {
  const secret = headers['x-access-key'] ?? headers['x-api-key'];
  if (typeof secret === 'string') return secret;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

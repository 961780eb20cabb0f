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
import { may, type Permission, type Role, rolesThatMay } from '../../../domain/access/role.js';
import { ConcurrentRequests } from '../server/concurrent-requests.js';
import { AuthThrottle } from './auth-throttle.js';
import { HttpProblem } from '../problems/problems.js';

/** When a key that has too many requests under way may try again, in seconds. */
const CONCURRENCY_RETRY_AFTER_S = 1;

const PUBLIC = 'public';
const NEEDS = 'needs';
const INTAKE = 'intake';

/** Opens a controller or a route to everyone. Whatever does not say so needs a key. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC, true), ApiSecurity({}));

/** Opens a controller or a route to the roles that may do this. Whatever does not say so is for admins. */
export const Needs = (permission: Permission) => SetMetadata(NEEDS, permission);

/** Whether the route that is asked for is open to everyone. */
export function isPublic(reflector: Reflector, context: ExecutionContext): boolean {
  return reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()]) ?? false;
}

/**
 * A route by which reports come in: whoever is too fast there hears 503 and not 429, which senders such as Alertmanager
 * take for final, and drop what they had to say.
 */
export const Intake = () => SetMetadata(INTAKE, true);

interface Rules {
  readonly isPublic: boolean;
  readonly permission: Permission;
  readonly isIntake: boolean;
}

/** Lets in whoever brings a valid key of a role that may do what is asked; guards every route of the application. */
@Injectable()
export class AccessKeyGuard implements CanActivate {
  /** Looked up once for each route, and not for each request. */
  private readonly rules = new Map<object, Rules>();

  constructor(
    private readonly keys: AccessKeyVerifier,
    private readonly limits: RateLimiter,
    private readonly failedAttempts: AuthThrottle,
    private readonly concurrent: ConcurrentRequests,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { isPublic, permission, isIntake } = this.rulesOf(context);
    if (isPublic) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const secret = secretOf(request);
    const holder = secret === undefined ? undefined : this.keys.verify(secret);
    if (holder instanceof Promise) {
      return holder.then((found) => this.admit(request, found, permission, isIntake));
    }
    return this.admit(request, holder, permission, isIntake);
  }

  /** Usually it answers at once; awaiting that would cost each request a turn. */
  private readonly requireKeyAgain = ({ accessKey }: Pick<Request, 'accessKey'>): void | Promise<void> => {
    const isHeld = this.keys.isStillValid(accessKey!);
    return isHeld === true ? undefined : requireHeld(isHeld);
  };

  private rulesOf(context: ExecutionContext): Rules {
    const handler = context.getHandler();
    let rules = this.rules.get(handler);
    if (!rules) {
      const declared = [handler, context.getClass()];
      rules = {
        isPublic: isPublic(this.reflector, context),
        permission: this.reflector.getAllAndOverride<Permission>(NEEDS, declared) ?? 'manage-keys',
        isIntake: this.reflector.getAllAndOverride<boolean>(INTAKE, declared) ?? false,
      };
      this.rules.set(handler, rules);
    }
    return rules;
  }

  private admit(
    request: Request,
    holder: Principal | undefined,
    permission: Permission,
    isIntake: boolean,
  ): true | Promise<true> {
    if (!holder) return this.turnAway(request, isIntake);
    if (!this.concurrent.begin(holder.name, request.res!)) {
      const detail = `The key ${holder.name} has ${this.concurrent.limit} requests under way.`;
      throw tooFast(detail, CONCURRENCY_RETRY_AFTER_S, isIntake);
    }
    request.accessKey = holder;
    request.requireKeyAgain = this.requireKeyAgain;
    if (this.limits.limitsRequests) return this.countRequest(request, holder, permission, isIntake);
    requireRight(holder.role, permission);
    return true;
  }

  private async turnAway(request: Request, isIntake: boolean): Promise<never> {
    const wait = await this.failedAttempts.failed(request);
    if (wait !== undefined) {
      const detail = 'There were too many requests without a valid key from this address.';
      throw tooFast(detail, wait, isIntake);
    }
    throw new HttpProblem(
      'request.unauthorized',
      'A valid access key is needed in X-Access-Key, X-API-Key or Authorization: Bearer.',
      {},
      { 'WWW-Authenticate': 'Bearer realm="incidents"' },
    );
  }

  /** A request counts whatever becomes of it, also where the role may not do what it asks for. */
  private async countRequest(
    request: Request,
    { name, principal, role }: Principal,
    permission: Permission,
    isIntake: boolean,
  ): Promise<true> {
    const { limit, remaining, resetsIn, isExceeded } = await this.limits.countRequest(principal);
    // https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    request.res!.setHeader('RateLimit-Policy', `"key";q=${limit};w=60`);
    request.res!.setHeader('RateLimit', `"key";r=${remaining};t=${resetsIn}`);
    if (isExceeded) throw tooFast(`The key ${name} has ${limit} requests a minute.`, resetsIn, isIntake);
    requireRight(role, permission);
    return true;
  }
}

async function requireHeld(isHeld: boolean | Promise<boolean>): Promise<void> {
  if (await isHeld) return;
  throw new HttpProblem('request.unauthorized', 'The access key has expired or is revoked.');
}

/** @throws HttpProblem where the role may not do this. */
export function requireRight(role: Role, permission: Permission): void {
  if (may(role, permission)) return;
  const needed = rolesThatMay(permission);
  const detail = `The role ${role} may not do this; ${LIST.format(needed)} may.`;
  throw new HttpProblem('request.forbidden', detail, { role, needed });
}

function tooFast(detail: string, wait: number, isIntake: boolean): HttpProblem {
  const code = isIntake ? 'intake.rate-limited' : 'request.rate-limited';
  return new HttpProblem(code, detail, {}, { 'Retry-After': String(wait) });
}

const LIST = new Intl.ListFormat('en', { type: 'disjunction' });

/** What was sent as a key: Prometheus and Alertmanager can send Authorization only, others expect one of the first two. */
export function secretOf({ headers }: Request): string | undefined {
  const own = headers['x-access-key'] ?? headers['x-api-key'];
  if (typeof own === 'string') return own;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

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
import type { Principal } from '../../../domain/access/access-key.js';
import { hasPermission, type Permission, type Role } from '../../../domain/access/role.js';
import { forbidden, HttpProblem, UNAUTHORIZED } from '../problems/problems.js';
import { RequestSignatures, SignatureMismatch } from '../signatures/request-signatures.js';
import { isSigned } from '../signatures/signature-headers.js';
import { AuthThrottle } from './auth-throttle.js';
import { FIND_KEY, type FindKey, keyInHeaders } from './key-location.js';
import { KeyLimits } from './key-limits.js';
import { ProvenanceReader } from './provenance.js';
import { requireSameOrigin } from './same-origin.js';
import { sessionTokenOf } from './session-cookie.js';
import { requestOf } from '../server/request-context.js';

const PUBLIC = 'public';
const NEEDS = 'needs';
const INTAKE = 'intake';

/** Opens a controller or a route to everyone. Without it, a route needs an access key. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC, true), ApiSecurity({}));

/** Opens a controller or a route to the roles with this permission. Without it, a route is for admins. */
export const Needs = (permission: Permission) => SetMetadata(NEEDS, permission);

/** Opens a controller or a route to every role. */
export const AnyRole = () => SetMetadata(NEEDS, 'any');

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
  readonly permission: Permission | 'any';
  readonly isIntake: boolean;
  /** Finds the key; by default, in the headers. */
  readonly findKey: FindKey | undefined;
}

/**
 * Requires an active access key of a role with the permission of the route, within the limits of the key. Instead of a key, a request
 * may have a signature of one, which takes precedence over a key in the headers, or the cookie of a session. Guards all routes.
 */
@Injectable()
export class AccessKeyGuard implements CanActivate {
  /** Read once for each route instead of once for each request. */
  private readonly rulesOfHandler = new Map<object, Rules>();

  constructor(
    private readonly verifier: AccessKeyVerifier,
    private readonly keyLimits: KeyLimits,
    private readonly authThrottle: AuthThrottle,
    private readonly signatures: RequestSignatures,
    private readonly provenanceReader: ProvenanceReader,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rules = this.rulesOf(context);
    if (rules.isPublic) return true;
    const request = requestOf(context);
    // The key of a signed request is the one that signed it; a sender with its key in the path cannot sign, but a proxy may have.
    const secret = isSigned(request) ? request.keyInPath : (rules.findKey ?? keyInHeaders)(request);
    if (secret instanceof Promise) return secret.then((found) => this.authenticate(request, found, rules));
    return this.authenticate(request, secret, rules);
  }

  private authenticate(request: Request, secret: string | undefined, rules: Rules): true | Promise<true> {
    if (secret === undefined && isSigned(request)) return this.authenticateSignature(request, rules);
    const principal =
      secret === undefined ? this.verifySession(request, rules) : this.verifier.verify(secret);
    // Usually it is known at once; an await would cost each request a turn of the event loop.
    if (principal instanceof Promise) return principal.then((found) => this.authorize(request, found, rules));
    return this.authorize(request, principal, rules);
  }

  /** @throws HttpProblem if the signature is not valid, or was accepted before. */
  private async authenticateSignature(request: Request, rules: Rules): Promise<true> {
    const verified = await this.signatures.verify(request).catch((error: unknown) => {
      if (error instanceof SignatureMismatch) return this.authThrottle.reject(request, rules, error.explain);
      if (error instanceof HttpProblem) return this.authThrottle.reject(request, rules, async () => error);
      throw error;
    });
    // Before the nonce is stored: a request that is rejected for its rate may be sent again.
    await this.authorize(request, verified.principal, rules);
    await this.signatures.useNonce(verified.parameters);
    return true;
  }

  /** @throws HttpProblem if another site may have sent the request. */
  private verifySession(
    request: Request,
    rules: Rules,
  ): Principal | undefined | Promise<Principal | undefined> {
    const token = sessionTokenOf(request);
    // A page asks at its start whether somebody is signed in: that is no attempt, which would count.
    if (token === undefined && rules.permission === 'any') throw UNAUTHORIZED;
    if (token === undefined) return undefined;
    requireSameOrigin(request);
    return this.verifier.verifySession(token);
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
        permission: this.reflector.getAllAndOverride<Rules['permission']>(NEEDS, declared) ?? 'manage-keys',
        isIntake: this.reflector.getAllAndOverride<boolean>(INTAKE, declared) ?? false,
        findKey: this.reflector.getAllAndOverride<FindKey | undefined>(FIND_KEY, declared),
      };
      this.rulesOfHandler.set(handler, rules);
    }
    return rules;
  }

  private authorize(request: Request, principal: Principal | undefined, rules: Rules): true | Promise<true> {
    if (!principal) return this.authThrottle.reject(request, rules);
    const counting = this.keyLimits.count(request, principal, rules);
    request.accessKey = principal;
    request.requireKeyAgain = this.requireKeyAgain;
    request.provenanceReader = this.provenanceReader;
    if (counting) return counting.then(() => permit(principal.role, rules.permission));
    return permit(principal.role, rules.permission);
  }
}

/** @throws HttpProblem if the role does not have the permission. */
function permit(role: Role, permission: Rules['permission']): true {
  if (permission !== 'any') requirePermission(role, permission);
  return true;
}

async function requireValid(isValid: boolean | Promise<boolean>): Promise<void> {
  if (await isValid) return;
  throw new HttpProblem(
    'request.unauthorized',
    'The access key has expired or is revoked, or the session has ended.',
  );
}

/** @throws HttpProblem if the role does not have the permission. */
export function requirePermission(role: Role, permission: Permission): void {
  if (!hasPermission(role, permission)) throw forbidden(role, permission);
}

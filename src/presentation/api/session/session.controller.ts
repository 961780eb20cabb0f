import { Controller, Delete, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AccessKeyVerifier } from '../../../application/access/access-key-verifier.js';
import { ManageSessions } from '../../../application/access/manage-sessions.js';
import { Config } from '../../../config/config.js';
import { AnyRole, Public } from '../../http/auth/access-key.guard.js';
import { AuthThrottle } from '../../http/auth/auth-throttle.js';
import { KeyLimits } from '../../http/auth/key-limits.js';
import {
  clearSessionCookie,
  sessionTokenOf,
  setSessionCookie,
  TLS_COOKIE,
} from '../../http/auth/session-cookie.js';
import { readBody } from '../../http/body/json-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { header } from '../../http/openapi/header-documentation.js';
import {
  AUTHENTICATION_PROBLEMS,
  BODY_PROBLEMS,
  COMMON_PROBLEMS,
  Problems,
} from '../../http/problems/problem-documentation.js';
import { SessionResponse, SignInDto, SignInOptionsResponse } from './session.dto.js';

const ROUTE = { isIntake: false };

/** `/api/v1/session`: the session of a person in a browser. */
@ApiTags('Sessions')
@Controller('api/v1/session')
export class SessionController {
  constructor(
    private readonly sessions: ManageSessions,
    private readonly verifier: AccessKeyVerifier,
    private readonly authThrottle: AuthThrottle,
    private readonly keyLimits: KeyLimits,
    private readonly config: Config,
  ) {}

  /**
   * Sign in
   * @remarks Exchanges an access key or a sign-in token for the cookie of a session, which may do what the key may. The session ends
   * 12 hours after its last use, and 30 days after it began. A session of the same browser ends at once.
   */
  @Post()
  @Public()
  @HttpCode(204)
  @ApiBody({ type: SignInDto })
  @ApiNoContentResponse({
    description: 'The session has begun.',
    headers: {
      'Set-Cookie': header(
        'The cookie of the session; without TLS, its name has no prefix.',
        `${TLS_COOKIE}=8t1Rm0pXn3yQ2b6v9wZ4c7d0e5f8g1h2i3j4k5l6m7n; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Strict`,
      ),
    },
  })
  @Problems(
    ...BODY_PROBLEMS,
    'request.unauthorized',
    'access-key.signature-required',
    'request.rate-limited',
    'store.unavailable',
    'store.outcome-unknown',
  )
  async signIn(@Req() request: Request): Promise<void> {
    requireNoIdempotencyKey(request, 'each sign-in begins another session');
    const { access_key: accessKey, sign_in_token: signInToken } = await readBody(request, SignInDto);
    const replacing = sessionTokenOf(request);
    const token =
      accessKey === undefined
        ? await this.sessions.openOnce(signInToken!, replacing)
        : await this.openBy(accessKey, replacing, request);
    if (token === undefined) return this.authThrottle.reject(request, ROUTE);
    setSessionCookie(request, token);
  }

  /**
   * Get the session
   * @remarks Says whose session, or whose access key, the request has.
   */
  @Get()
  @AnyRole()
  @ApiOkResponse({ type: SessionResponse, description: 'The access key, and what it allows.' })
  @Problems('request.invalid', ...AUTHENTICATION_PROBLEMS, 'request.rate-limited', 'store.unavailable')
  async getSession(@Req() { accessKey }: Request): Promise<SessionResponse> {
    return SessionResponse.from(accessKey!);
  }

  /**
   * Sign out
   * @remarks Ends the session. The service rejects its cookie within 5 s. A request with an access key has no session to end.
   */
  @Delete()
  @AnyRole()
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'The session has ended, and the cookie is removed.' })
  @Problems(...COMMON_PROBLEMS, 'store.outcome-unknown')
  async signOut(@Req() request: Request): Promise<void> {
    requireNoIdempotencyKey(request, 'a retry has the same effect');
    const { session } = request.accessKey!;
    if (session) await this.sessions.end(session.id);
    clearSessionCookie(request);
  }

  /**
   * Get the options for signing in
   * @remarks Has what a page may show to a person who is to sign in.
   */
  @Get('options')
  @Public()
  @ApiOkResponse({ type: SignInOptionsResponse, description: 'The options.' })
  async getSignInOptions(): Promise<SignInOptionsResponse> {
    return { development_key: this.config.developmentKey ?? null };
  }

  /** Undefined if no active key has this secret. */
  private async openBy(
    accessKey: string,
    replacing: string | undefined,
    request: Request,
  ): Promise<string | undefined> {
    const principal = await this.verifier.verify(accessKey);
    if (!principal) return undefined;
    await this.keyLimits.count(request, principal, ROUTE);
    request.accessKey = principal;
    return this.sessions.open(principal, accessKey, replacing);
  }
}

import { Controller, Delete, Get, HttpCode, Patch, Post, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ManageAccessKeys } from '../../../application/access/manage-access-keys.js';
import { ManageSessions } from '../../../application/access/manage-sessions.js';
import type { AccessKeyId } from '../../../domain/access/access-key.js';
import { parsePublicKey } from '../../../domain/access/public-key.js';
import { AccessKeyNotFound } from '../../../domain/access/access-key-errors.js';
import type { IssuedAccessKey } from '../../../domain/access/access-key-repository.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import {
  AccessKeyResponse,
  ChangeAccessKeyDto,
  IssueAccessKeyDto,
  IssuedAccessKeyResponse,
  RotateAccessKeyDto,
  SignInTokenResponse,
} from './access-keys.dto.js';
import { location } from '../../http/openapi/header-documentation.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { PathId } from '../../http/validation/path-parameters.js';
import { readBody } from '../../http/body/json-body.js';
import { hasBody } from '../../http/body/raw-body.js';
import { parseTimestamp } from '../../http/validation/timestamps.js';
import { BODY_PROBLEMS, COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';

const PATH = 'api/v1/keys';

const Id = () => PathId(AccessKeyNotFound);
const ISSUED = {
  type: IssuedAccessKeyResponse,
  description: 'The key with its secret, which is shown only once. A key with a public key has none.',
  headers: location('/api/v1/keys/1'),
};
/** Only a digest of the secret is stored, so that a replay could not answer with it. */
const SHOWN_ONCE = 'a secret is shown only once';

/** `/api/v1/keys` */
@ApiTags('Access keys')
@Needs('manage-keys')
@Problems(...COMMON_PROBLEMS)
@Controller(PATH)
export class AccessKeysController {
  constructor(
    private readonly keys: ManageAccessKeys,
    private readonly sessions: ManageSessions,
  ) {}

  /** Create an access key */
  @Post()
  @ApiBody({ type: IssueAccessKeyDto })
  @ApiCreatedResponse(ISSUED)
  @Problems(...BODY_PROBLEMS, 'access-key.name-taken', 'access-key.invalid-expiry', 'store.outcome-unknown')
  async createKey(@Req() request: Request): Promise<IssuedAccessKeyResponse> {
    requireNoIdempotencyKey(request, SHOWN_ONCE);
    const body = await readBody(request, IssueAccessKeyDto);
    const { name, role, can_impersonate: canImpersonate = false, signed_only: signedOnly = false } = body;
    const draft = { name, role, canImpersonate, signedOnly, ...rotationIn(body) };
    return show(await this.keys.issue(draft), request);
  }

  /** List access keys */
  @Get()
  @ApiOkResponse({
    type: [AccessKeyResponse],
    description: 'All keys, the inactive ones too, oldest first, without their secrets.',
  })
  async listKeys(): Promise<AccessKeyResponse[]> {
    return (await this.keys.list()).map((key) => AccessKeyResponse.from(key));
  }

  /** Get an access key */
  @Get(':id')
  @ApiOkResponse({ type: AccessKeyResponse, description: 'The key, without its secret.' })
  @Problems('access-key.not-found')
  async getKey(@Id() id: AccessKeyId): Promise<AccessKeyResponse> {
    return AccessKeyResponse.from(await this.keys.get(id));
  }

  /**
   * Change an access key
   * @remarks Sets or removes the webhook secret, with which senders sign their requests.
   */
  @Patch(':id')
  @ApiBody({ type: ChangeAccessKeyDto })
  @ApiOkResponse({ type: AccessKeyResponse, description: 'The key, without its secrets.' })
  @Problems(...BODY_PROBLEMS, 'access-key.not-found', 'store.outcome-unknown')
  async changeKey(@Id() id: AccessKeyId, @Req() request: Request): Promise<AccessKeyResponse> {
    requireNoIdempotencyKey(request, 'a retry has the same effect');
    const { webhook_secret: secret } = await readBody(request, ChangeAccessKeyDto);
    return AccessKeyResponse.from(await this.keys.setWebhookSecret(id, secret ?? undefined));
  }

  /**
   * Rotate an access key
   * @remarks Creates a second key with the same name and role. The old one stays active until it is revoked. A key with a public key
   * needs the new one in `public_key`.
   */
  @Post(':id/rotate')
  @ApiBody({ type: RotateAccessKeyDto, required: false })
  @ApiCreatedResponse(ISSUED)
  @Problems(
    ...BODY_PROBLEMS,
    'access-key.not-found',
    'access-key.inactive',
    'access-key.in-rotation',
    'access-key.public-key-required',
    'access-key.invalid-expiry',
    'store.outcome-unknown',
  )
  async rotateKey(@Id() id: AccessKeyId, @Req() request: Request): Promise<IssuedAccessKeyResponse> {
    requireNoIdempotencyKey(request, SHOWN_ONCE);
    const body: RotateAccessKeyDto = hasBody(request) ? await readBody(request, RotateAccessKeyDto) : {};
    return show(await this.keys.rotate(id, rotationIn(body)), request);
  }

  /**
   * Revoke an access key
   * @remarks The service rejects the key and its sessions within 5 s. A revoked key cannot be reactivated.
   */
  @Post(':id/revoke')
  @HttpCode(200)
  @ApiOkResponse({ type: AccessKeyResponse, description: 'The key is revoked, now or earlier.' })
  @Problems('access-key.not-found', 'store.outcome-unknown')
  async revokeKey(@Id() id: AccessKeyId): Promise<AccessKeyResponse> {
    return AccessKeyResponse.from(await this.keys.revoke(id));
  }

  /**
   * Create a token for signing in
   * @remarks Opens a session of the key once, within 24 hours, for a person who does not have the key. A key has 20 unused tokens at most:
   * a further one voids the oldest.
   */
  @Post(':id/sign-in-tokens')
  @ApiCreatedResponse({ type: SignInTokenResponse, description: 'The token, which is shown only once.' })
  @Problems('access-key.not-found', 'access-key.inactive', 'access-key.signed-only', 'store.outcome-unknown')
  async createSignInToken(@Id() id: AccessKeyId, @Req() request: Request): Promise<SignInTokenResponse> {
    requireNoIdempotencyKey(request, SHOWN_ONCE);
    const issued = await this.sessions.issueSignInToken(id);
    request.res!.set('Cache-Control', 'no-store');
    return SignInTokenResponse.from(issued);
  }

  /**
   * End the sessions of a key
   * @remarks Everybody who signed in with the key is signed out within 5 s, and its unused sign-in tokens are void. The key stays active.
   */
  @Delete(':id/sessions')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'The sessions have ended.' })
  @Problems('access-key.not-found', 'store.outcome-unknown')
  async endSessions(@Id() id: AccessKeyId, @Req() request: Request): Promise<void> {
    requireNoIdempotencyKey(request, 'a retry has the same effect');
    await this.sessions.endAllOf(id);
  }
}

/** What a new key and one that replaces another have in common. */
function rotationIn({ expires_at: expiresAt, public_key: publicKey }: RotateAccessKeyDto) {
  return { expiresAt: parseTimestamp(expiresAt), publicKey: parsePublicKey(publicKey) };
}

function show(issued: IssuedAccessKey, { res }: Request): IssuedAccessKeyResponse {
  res!.set({ Location: `/${PATH}/${issued.key.id}`, 'Cache-Control': 'no-store' });
  return IssuedAccessKeyResponse.issued(issued);
}

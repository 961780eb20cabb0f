import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { IssueAccessKey } from '../../../application/access/issue-access-key.js';
import { ListAccessKeys } from '../../../application/access/list-access-keys.js';
import { RevokeAccessKey } from '../../../application/access/revoke-access-key.js';
import { RotateAccessKey } from '../../../application/access/rotate-access-key.js';
import type { AccessKeyId } from '../../../domain/access/access-key.js';
import { AccessKeyNotFound } from '../../../domain/access/access-key-errors.js';
import type { IssuedAccessKey } from '../../../domain/access/access-key-repository.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import {
  AccessKeyResponse,
  IssueAccessKeyDto,
  IssuedAccessKeyResponse,
  RotateAccessKeyDto,
} from './access-keys.dto.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { DescribeId, IdPipe } from '../../http/validation/id.pipe.js';
import { readBody } from '../../http/body/json-body.js';
import { parseTimestamp } from '../../http/validation/timestamps.js';
import { Problems } from '../../http/problems/problem.dto.js';

const PATH = 'api/v1/keys';

const Id = () => Param('id', new IdPipe(AccessKeyNotFound));
const ISSUED = {
  type: IssuedAccessKeyResponse,
  description: 'The key, with its secret: it is shown this once.',
  headers: { Location: { description: 'Where the key is.', schema: { type: 'string' as const } } },
};
/** To tell a secret again, it would have to be kept. */
const SHOWN_ONCE = 'a secret is shown once, and cannot be shown again';
const NOT_READABLE = [
  'request.invalid',
  'request.malformed-body',
  'request.timeout',
  'request.body-too-large',
  'request.unsupported-media-type',
  'store.outcome-unknown',
] as const;

/** `/api/v1/keys`: who may come in, and what for. */
@ApiTags('keys')
@Needs('manage-keys')
@Problems(
  'request.invalid',
  'request.unauthorized',
  'request.forbidden',
  'request.rate-limited',
  'store.unavailable',
)
@Controller(PATH)
export class AccessKeysController {
  constructor(
    private readonly issueAccessKey: IssueAccessKey,
    private readonly rotateAccessKey: RotateAccessKey,
    private readonly revokeAccessKey: RevokeAccessKey,
    private readonly listAccessKeys: ListAccessKeys,
  ) {}

  /** Create a key for somebody. */
  @Post()
  @ApiBody({ type: IssueAccessKeyDto })
  @ApiCreatedResponse(ISSUED)
  @Problems(...NOT_READABLE, 'access-key.name-taken', 'access-key.invalid-expiry')
  async createKey(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IssuedAccessKeyResponse> {
    requireNoIdempotencyKey(request, SHOWN_ONCE);
    const body = await readBody(request, response, IssueAccessKeyDto);
    const { name, role, can_impersonate: canImpersonate = false, expires_at } = body;
    const draft = { name, role, canImpersonate, expiresAt: parseTimestamp(expires_at) };
    return show(await this.issueAccessKey.execute(draft), response);
  }

  /** List all keys that there are and were. */
  @Get()
  @ApiOkResponse({ type: [AccessKeyResponse], description: 'The keys, oldest first, without their secrets.' })
  async listKeys(): Promise<AccessKeyResponse[]> {
    return (await this.listAccessKeys.all()).map((key) => AccessKeyResponse.from(key));
  }

  /** Show a key. */
  @Get(':id')
  @DescribeId()
  @ApiOkResponse({ type: AccessKeyResponse, description: 'The key, without its secret.' })
  @Problems('request.invalid', 'access-key.not-found')
  async getKey(@Id() id: AccessKeyId): Promise<AccessKeyResponse> {
    return AccessKeyResponse.from(await this.listAccessKeys.one(id));
  }

  /** Make a second key of the same name and role; the old one works until it is revoked. */
  @Post(':id/rotate')
  @DescribeId()
  @ApiBody({ type: RotateAccessKeyDto, required: false })
  @ApiCreatedResponse(ISSUED)
  @Problems(
    ...NOT_READABLE,
    'access-key.not-found',
    'access-key.inactive',
    'access-key.in-rotation',
    'access-key.invalid-expiry',
  )
  async rotateKey(
    @Id() id: AccessKeyId,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IssuedAccessKeyResponse> {
    requireNoIdempotencyKey(request, SHOWN_ONCE);
    const { expires_at }: RotateAccessKeyDto = hasBody(request)
      ? await readBody(request, response, RotateAccessKeyDto)
      : {};
    return show(await this.rotateAccessKey.execute(id, parseTimestamp(expires_at)), response);
  }

  /** End a key for good. Within 5 s nothing lets it in any more. */
  @Post(':id/revoke')
  @HttpCode(200)
  @DescribeId()
  @ApiOkResponse({ type: AccessKeyResponse, description: 'The key is revoked, now or earlier.' })
  @Problems('request.invalid', 'access-key.not-found', 'store.outcome-unknown')
  async revokeKey(@Id() id: AccessKeyId): Promise<AccessKeyResponse> {
    return AccessKeyResponse.from(await this.revokeAccessKey.execute(id));
  }
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function show(issued: IssuedAccessKey, response: Response): IssuedAccessKeyResponse {
  response.setHeader('Location', `/${PATH}/${issued.key.id}`);
  response.setHeader('Cache-Control', 'no-store');
  return IssuedAccessKeyResponse.issued(issued);
}

import { Controller, Delete, Get, HttpCode, Put, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ManagePolicies } from '../../../application/attention/manage-policies.js';
import { POLICY_SCOPE } from '../../../domain/attention/attention-policy.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { readBody } from '../../http/body/json-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { BODY_PROBLEMS, COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { PathText } from '../../http/validation/path-parameters.js';
import { PolicyResponse, StorePolicyDto } from './policies.dto.js';

const Scope = () =>
  PathText(POLICY_SCOPE, 'must be a source, or a chat such as tg:-100123', {
    name: 'scope',
    schema: { type: 'string', pattern: POLICY_SCOPE.source },
    example: 'tg:-100123',
  });

const IDEMPOTENT = 'a retry has the same effect';

/** `/api/v1/policies`: when people are reminded of incidents. */
@ApiTags('Policies')
@Needs('read-policies')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/policies')
export class PoliciesController {
  constructor(private readonly policies: ManagePolicies) {}

  /**
   * List policies
   * @remarks An incident follows the policy of its chat, else that of its source. Without one, incidents of chats are reminded of
   * every 15 minutes until somebody takes them, and others never.
   */
  @Get()
  @ApiOkResponse({ type: [PolicyResponse], description: 'The policies, by scope.' })
  async listPolicies(): Promise<PolicyResponse[]> {
    return [...(await this.policies.list())].map(([scope, policy]) => PolicyResponse.from(scope, policy));
  }

  /** Get the policy of a source or a chat */
  @Get(':scope')
  @ApiOkResponse({ type: PolicyResponse, description: 'The policy.' })
  @Problems('policy.not-found')
  async getPolicy(@Scope() scope: string): Promise<PolicyResponse> {
    return PolicyResponse.from(scope, await this.policies.get(scope));
  }

  /**
   * Store the policy of a source or a chat
   * @remarks It replaces the whole policy: what is absent is off. It applies within seconds, also to incidents that are open already.
   */
  @Put(':scope')
  @Needs('manage-policies')
  @ApiBody({ type: StorePolicyDto })
  @ApiOkResponse({ type: PolicyResponse, description: 'The policy is replaced.' })
  @ApiCreatedResponse({ type: PolicyResponse, description: 'The policy is created.' })
  @Problems(...BODY_PROBLEMS, 'policy.limit-reached', 'store.outcome-unknown')
  async storePolicy(@Scope() scope: string, @Req() request: Request): Promise<PolicyResponse> {
    requireNoIdempotencyKey(request, IDEMPOTENT);
    const policy = StorePolicyDto.toPolicy(await readBody(request, StorePolicyDto));
    if (await this.policies.store(scope, policy)) request.res!.status(201);
    return PolicyResponse.from(scope, policy);
  }

  /**
   * Delete the policy of a source or a chat
   * @remarks The default applies again, within seconds.
   */
  @Delete(':scope')
  @Needs('manage-policies')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'The policy is deleted.' })
  @Problems('policy.not-found', 'store.outcome-unknown')
  async deletePolicy(@Scope() scope: string, @Req() request: Request): Promise<void> {
    requireNoIdempotencyKey(request, IDEMPOTENT);
    await this.policies.delete(scope);
  }
}

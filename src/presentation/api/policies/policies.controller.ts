import { Controller, Delete, Get, HttpCode, Patch, Put, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ManagePolicies } from '../../../application/attention/manage-policies.js';
import {
  CHAT_SCOPE,
  mayChangePolicy,
  POLICY_SCOPE,
  type PolicyScope,
} from '../../../domain/attention/attention-policy.js';
import { rolesWith } from '../../../domain/access/role.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { readBody } from '../../http/body/json-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { BODY_PROBLEMS, COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { HttpProblem, invalidInput } from '../../http/problems/problems.js';
import { PathText } from '../../http/validation/path-parameters.js';
import { ChangePolicyDto, PolicyResponse, StorePolicyDto } from './policies.dto.js';

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
   * An operator needs a key that can impersonate, and may store those of chats only.
   */
  @Put(':scope')
  @Needs('manage-chat-policies')
  @ApiBody({ type: StorePolicyDto })
  @ApiOkResponse({ type: PolicyResponse, description: 'The policy is replaced.' })
  @ApiCreatedResponse({ type: PolicyResponse, description: 'The policy is created.' })
  @Problems(...BODY_PROBLEMS, 'policy.limit-reached', 'store.outcome-unknown')
  async storePolicy(@Scope() scope: string, @Req() request: Request): Promise<PolicyResponse> {
    requireMayChange(scope, request);
    requireNoIdempotencyKey(request, IDEMPOTENT);
    const body = await readBody(request, StorePolicyDto);
    requireEffect(scope, body);
    const policy = StorePolicyDto.toPolicy(body);
    if (await this.policies.store(scope, policy)) request.res!.status(201);
    return PolicyResponse.from(scope, policy);
  }

  /**
   * Change a part of the policy of a source or a chat
   * @remarks What is absent stays as it is, also where others change it at the same time. A chat without a policy gets the default for
   * chats, and a source one that is off, with these changes. An operator needs a key that can impersonate, and may change those of chats
   * only.
   */
  @Patch(':scope')
  @Needs('manage-chat-policies')
  @ApiBody({ type: ChangePolicyDto })
  @ApiOkResponse({ type: PolicyResponse, description: 'The policy is changed.' })
  @ApiCreatedResponse({ type: PolicyResponse, description: 'The policy is created.' })
  @Problems(...BODY_PROBLEMS, 'policy.limit-reached', 'store.outcome-unknown')
  async changePolicy(@Scope() scope: string, @Req() request: Request): Promise<PolicyResponse> {
    requireMayChange(scope, request);
    requireNoIdempotencyKey(request, IDEMPOTENT);
    const body = await readBody(request, ChangePolicyDto);
    requireEffect(scope, body);
    const { policy, isNew } = await this.policies.change(scope, ChangePolicyDto.toChanges(body));
    if (isNew) request.res!.status(201);
    return PolicyResponse.from(scope, policy);
  }

  /**
   * Delete the policy of a source or a chat
   * @remarks The default applies again, within seconds. An operator needs a key that can impersonate, and may delete those of chats only.
   */
  @Delete(':scope')
  @Needs('manage-chat-policies')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'The policy is deleted.' })
  @Problems('policy.not-found', 'store.outcome-unknown')
  async deletePolicy(@Scope() scope: string, @Req() request: Request): Promise<void> {
    requireMayChange(scope, request);
    requireNoIdempotencyKey(request, IDEMPOTENT);
    await this.policies.delete(scope);
  }
}

/** @throws HttpProblem if the key may not change this policy. */
function requireMayChange(scope: PolicyScope, { accessKey }: Request): void {
  const { name, role } = accessKey!;
  if (mayChangePolicy(accessKey!, scope)) return;
  const detail = `An operator may change policies of chats, with a key that can impersonate; the key ${name} may not change that of ${scope}.`;
  throw new HttpProblem('request.forbidden', detail, { role, needed: rolesWith('manage-policies') });
}

/** The members that only policies of chats have. */
const OF_CHATS = [
  'on_duty',
  'escalate_to',
  'digest_at',
] as const satisfies readonly (keyof ChangePolicyDto)[];

/** @throws HttpProblem if a member has no effect in the policy of a source, or the chat is to escalate to itself. */
function requireEffect(scope: PolicyScope, policy: ChangePolicyDto): void {
  if (policy.escalate_to === scope)
    throw invalidInput('body', 'escalate_to', 'escalate_to must be another chat than that of the policy');
  const member = CHAT_SCOPE.test(scope) ? undefined : OF_CHATS.find((name) => policy[name] != null);
  if (member) throw invalidInput('body', member, `${member} is for policies of chats: a source has none`);
}

import { ApiProperty } from '@nestjs/swagger';
import { ValidateWith } from '../../../config/rules.js';
import type { AttentionPolicy, PolicyScope } from '../../../domain/attention/attention-policy.js';
import { formatQuietHours, parseQuietHours } from '../../../domain/attention/quiet-hours.js';
import { DURATION, formatDuration, parseDuration } from '../../../shared/duration.js';
import { QUIET_HOURS_PATTERN } from '../../http/openapi/contract-patterns.js';
import { Field } from '../../http/validation/fields.js';

const MAX_ESCALATE_AFTER = 100;

const OPTIONAL = { type: String, required: false, nullable: true } as const;

const DURATION_SCHEMA = { ...OPTIONAL, pattern: DURATION.source } as const;

const QUIET_HOURS_SCHEMA = { ...OPTIONAL, example: '22:00-08:00 Europe/Moscow' } as const;

function durationError(value: unknown): string | undefined {
  if (value === null || (typeof value === 'string' && parseDuration(value) !== undefined)) return undefined;
  return 'must be 1 to 9999 and a unit (s, m, h or d), such as 15m, or null';
}

/** An optional duration; null is off as well. */
const IsDuration = (example: string) =>
  Field({ ...DURATION_SCHEMA, example }, ValidateWith('isDuration', durationError));

function quietHoursError(value: unknown): string | undefined {
  if (value === null || (typeof value === 'string' && parseQuietHours(value))) return undefined;
  return 'must be two times and an IANA time zone, such as 22:00-08:00 Europe/Moscow, or null';
}

function countError(value: unknown): string | undefined {
  if (value === null) return undefined;
  const isCount = Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_ESCALATE_AFTER;
  return isCount ? undefined : `must be an integer from 1 to ${MAX_ESCALATE_AFTER}, or null`;
}

/** A policy. What is null or absent is off. */
export class StorePolicyDto {
  /** How soon somebody should take an incident. Reminders repeat after this time until somebody does. */
  @IsDuration('15m')
  take_within?: string | null;

  /** The number of reminders before the first escalation. */
  @Field(
    {
      type: 'integer',
      minimum: 1,
      maximum: MAX_ESCALATE_AFTER,
      required: false,
      nullable: true,
      example: 3,
    },
    ValidateWith('isCount', countError),
  )
  escalate_after?: number | null;

  /** How long an incident may be in progress without any event before its assignee is reminded. */
  @IsDuration('4h')
  remind_in_progress_after?: string | null;

  /**
   * When nobody is reminded of incidents that are not urgent: two times of the day, and an IANA time zone. What is still untaken at the
   * end is reminded of once. The same time twice is the whole day.
   */
  @Field(
    { ...QUIET_HOURS_SCHEMA, pattern: QUIET_HOURS_PATTERN },
    ValidateWith('isQuietHours', quietHoursError),
  )
  quiet_hours?: string | null;

  static toPolicy(dto: StorePolicyDto): AttentionPolicy {
    return {
      takeWithinMs: msOf(dto.take_within),
      escalateAfter: dto.escalate_after ?? undefined,
      remindInProgressAfterMs: msOf(dto.remind_in_progress_after),
      quietHours: dto.quiet_hours ? parseQuietHours(dto.quiet_hours) : undefined,
    };
  }
}

const msOf = (text: string | null | undefined) => (text ? parseDuration(text) : undefined);

const durationOrNull = (milliseconds: number | undefined) =>
  milliseconds === undefined ? null : formatDuration(milliseconds);

/** When people are reminded of the incidents of a source or a chat. What is null is off. */
export class PolicyResponse {
  /** A source, or a chat: the messenger and the chat's id, as in the origin of its incidents. */
  @ApiProperty({ example: 'tg:-100123' })
  scope: string;

  /** How soon somebody should take an incident, in the largest unit. */
  @ApiProperty({ type: String, nullable: true, example: '15m' })
  take_within: string | null;

  /** The number of reminders before the first escalation. */
  @ApiProperty({ type: 'integer', minimum: 1, nullable: true, example: 3 })
  escalate_after: number | null;

  /** How long an incident may be in progress without any event before its assignee is reminded. */
  @ApiProperty({ type: String, nullable: true, example: '4h' })
  remind_in_progress_after: string | null;

  /** When nobody is reminded of incidents that are not urgent. */
  @ApiProperty({ type: String, nullable: true, example: '22:00-08:00 Europe/Moscow' })
  quiet_hours: string | null;

  static from(scope: PolicyScope, policy: AttentionPolicy): PolicyResponse {
    return {
      scope,
      take_within: durationOrNull(policy.takeWithinMs),
      escalate_after: policy.escalateAfter ?? null,
      remind_in_progress_after: durationOrNull(policy.remindInProgressAfterMs),
      quiet_hours: policy.quietHours ? formatQuietHours(policy.quietHours) : null,
    };
  }
}

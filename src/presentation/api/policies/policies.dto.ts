import { ApiProperty } from '@nestjs/swagger';
import { ValidateWith } from '../../../config/rules.js';
import {
  type AttentionPolicy,
  CHAT_SCOPE,
  OFF,
  type PolicyScope,
} from '../../../domain/attention/attention-policy.js';
import {
  formatDailyPeriod,
  formatDailyTime,
  parseDailyPeriod,
  parseDailyTime,
} from '../../../shared/time/daily-time.js';
import { DURATION, formatDuration, parseDuration } from '../../../shared/time/duration.js';
import { DAILY_PERIOD_PATTERN, DAILY_TIME_PATTERN } from '../../http/openapi/contract-patterns.js';
import { AtLeastOne } from '../../http/validation/at-least-one.js';
import { Field } from '../../http/validation/fields.js';
import { PERSON_SCHEMA, personError } from '../../http/validation/text-fields.js';

const MAX_ESCALATE_AFTER = 100;

const OPTIONAL = { type: String, required: false, nullable: true } as const;

const DURATION_SCHEMA = { ...OPTIONAL, pattern: DURATION.source } as const;

/** A rule for an optional text that has a parser. @param form what it must be, as the end of a sentence. */
const parsedBy = (name: string, parse: (text: string) => unknown, form: string) =>
  ValidateWith(name, (value) => {
    if (value === null || (typeof value === 'string' && parse(value) !== undefined)) return undefined;
    return `must be ${form}, or null`;
  });

/** An optional duration; null is off as well. */
const IsDuration = (example: string) =>
  Field(
    { ...DURATION_SCHEMA, example },
    parsedBy('isDuration', parseDuration, '1 to 9999 and a unit (s, m, h or d), such as 15m'),
  );

const asChat = (text: string) => (CHAT_SCOPE.test(text) ? text : undefined);

function countError(value: unknown): string | undefined {
  if (value === null) return undefined;
  const isCount = Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_ESCALATE_AFTER;
  return isCount ? undefined : `must be an integer from 1 to ${MAX_ESCALATE_AFTER}, or null`;
}

/** The members of a policy; null is off. */
export abstract class PolicyDto {
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
    { ...OPTIONAL, example: '22:00-08:00 Europe/Moscow', pattern: DAILY_PERIOD_PATTERN },
    parsedBy(
      'isDailyPeriod',
      parseDailyPeriod,
      'two times and an IANA time zone, such as 22:00-08:00 Europe/Moscow',
    ),
  )
  quiet_hours?: string | null;

  /** Who is mentioned in escalations: one line of text. For policies of chats only. */
  @Field(
    { ...OPTIONAL, ...PERSON_SCHEMA, example: '@anna' },
    ValidateWith('isOnDuty', (value) => (value === null ? undefined : personError(value))),
  )
  on_duty?: string | null;

  /**
   * A chat that gets escalations besides the one where the incident was reported. It must be another one than the policy's own. For policies of
   * chats only.
   */
  @Field(
    { ...OPTIONAL, example: 'tg:-100999', pattern: CHAT_SCOPE.source },
    parsedBy('isChat', asChat, 'a chat such as tg:-100123'),
  )
  escalate_to?: string | null;

  /** When the chat gets a summary of its incidents each day: a time, and an IANA time zone. For policies of chats only. */
  @Field(
    { ...OPTIONAL, example: '09:00 Europe/Moscow', pattern: DAILY_TIME_PATTERN },
    parsedBy('isDailyTime', parseDailyTime, 'a time and an IANA time zone, such as 09:00 Europe/Moscow'),
  )
  digest_at?: string | null;
}

/** A policy. What is null or absent is off. */
export class StorePolicyDto extends PolicyDto {
  static toPolicy(dto: StorePolicyDto): AttentionPolicy {
    return { ...OFF, ...propertiesOf(dto) };
  }
}

/** A change of a policy. What is null becomes off, and what is absent stays as it is. */
@AtLeastOne()
export class ChangePolicyDto extends PolicyDto {
  static toChanges(dto: ChangePolicyDto): Partial<AttentionPolicy> {
    return propertiesOf(dto);
  }
}

/** The properties whose members are present. */
function propertiesOf(dto: PolicyDto): Partial<AttentionPolicy> {
  const { take_within, escalate_after, remind_in_progress_after, quiet_hours } = dto;
  const { on_duty, escalate_to, digest_at } = dto;
  return {
    ...(take_within !== undefined && { takeWithinMs: parsed(take_within, parseDuration) }),
    ...(escalate_after !== undefined && { escalateAfter: escalate_after ?? undefined }),
    ...(remind_in_progress_after !== undefined && {
      remindInProgressAfterMs: parsed(remind_in_progress_after, parseDuration),
    }),
    ...(quiet_hours !== undefined && { quietHours: parsed(quiet_hours, parseDailyPeriod) }),
    ...(on_duty !== undefined && { onDuty: on_duty ?? undefined }),
    ...(escalate_to !== undefined && { escalateTo: escalate_to ?? undefined }),
    ...(digest_at !== undefined && { digestAt: parsed(digest_at, parseDailyTime) }),
  };
}

const parsed = <Value>(text: string | null, parse: (text: string) => Value | undefined) =>
  text === null ? undefined : parse(text);

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

  /** Who is mentioned in escalations. */
  @ApiProperty({ type: String, nullable: true, example: '@anna' })
  on_duty: string | null;

  /** A chat that gets escalations besides the one where the incident was reported. */
  @ApiProperty({ type: String, nullable: true, example: 'tg:-100999' })
  escalate_to: string | null;

  /** When the chat gets a summary of its incidents each day. */
  @ApiProperty({ type: String, nullable: true, example: '09:00 Europe/Moscow' })
  digest_at: string | null;

  static from(scope: PolicyScope, policy: AttentionPolicy): PolicyResponse {
    return {
      scope,
      take_within: durationOrNull(policy.takeWithinMs),
      escalate_after: policy.escalateAfter ?? null,
      remind_in_progress_after: durationOrNull(policy.remindInProgressAfterMs),
      quiet_hours: policy.quietHours ? formatDailyPeriod(policy.quietHours) : null,
      on_duty: policy.onDuty ?? null,
      escalate_to: policy.escalateTo ?? null,
      digest_at: policy.digestAt ? formatDailyTime(policy.digestAt) : null,
    };
  }
}

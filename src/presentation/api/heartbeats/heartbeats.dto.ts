import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { Temporal } from 'temporal-polyfill';
import type { PingOutput, StoredHeartbeat } from '../../../application/heartbeat/heartbeats.js';
import { ValidateWith } from '../../../config/rules.js';
import { KEY_NAME } from '../../../domain/access/access-key.js';
import { CronExpression } from '../../../domain/heartbeat/cron-expression.js';
import {
  type Heartbeat,
  HEARTBEAT_STATES,
  type HeartbeatSettings,
  type HeartbeatState,
  lastPingOf,
  nextExpected,
  PING_KINDS,
  type PingKind,
  stateOf,
} from '../../../domain/heartbeat/heartbeat.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import { textLength, textValidationError } from '../../../domain/incident/incident-text.js';
import { isTimeZone } from '../../../shared/time/daily-time.js';
import { DURATION, formatDuration, parseDuration } from '../../../shared/time/duration.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { CRON_PATTERN, TIME_ZONE_PATTERN } from '../../http/openapi/contract-patterns.js';
import {
  ID_SCHEMA,
  NAME_RULE,
  NAME_SCHEMA,
  SOURCE_SCHEMA,
  TIMESTAMP_SCHEMA,
} from '../../http/openapi/schemas.js';
import {
  ExcludesMembers,
  Field,
  IsBooleanValue,
  IsInteger,
  IsOneOf,
  IsTruthValue,
  RequiresMember,
} from '../../http/validation/fields.js';
import { TEXT_SCHEMA } from '../../http/validation/text-fields.js';

/** How many expected times are shown. */
const SHOWN_TIMES = 5;

const MAX_DESCRIPTION_LENGTH = 1_000;

const DEFAULT_GRACE = '5m';

export const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;

const OPTIONAL = { type: String, required: false } as const;

/** A rule for a text that has a parser. @param form what it must be, as the end of a sentence. */
const parsedBy = (name: string, isValid: (text: string) => boolean, form: string) =>
  ValidateWith(name, (value) =>
    typeof value === 'string' && isValid(value) ? undefined : `must be ${form}`,
  );

const IsDuration = (
  schema: { readonly example: string; readonly default?: string },
  ...rules: PropertyDecorator[]
) =>
  Field(
    { ...OPTIONAL, pattern: DURATION.source, ...schema },
    parsedBy(
      'isDuration',
      (text) => parseDuration(text) !== undefined,
      '1 to 9999 and a unit (s, m, h or d), such as 15m',
    ),
    ...rules,
  );

function descriptionError(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (textLength(value) > MAX_DESCRIPTION_LENGTH)
    return `must be at most ${MAX_DESCRIPTION_LENGTH} characters long`;
  return textValidationError(value);
}

/** A heartbeat. It has either `every` or `at`. */
export class StoreHeartbeatDto {
  /** How long after a success the next one is expected. Either this or `at` is required. */
  @IsDuration({ example: '1h' }, ExcludesMembers('at'))
  every?: string;

  /**
   * When a ping is expected: a cron expression of five fields, as in crontab(5). It requires `time_zone`. If both fields for days are
   * restricted, a day matches if one of them does.
   */
  @Field(
    { ...OPTIONAL, pattern: CRON_PATTERN, maxLength: 200, example: '30 6 * * 1-5' },
    parsedBy(
      'isCron',
      (text) => text.length <= 200 && CronExpression.parse(text) !== undefined,
      'a cron expression of five fields as in crontab(5), such as 30 6 * * 1-5, whose times exist',
    ),
    RequiresMember('time_zone'),
  )
  at?: string;

  /** The IANA time zone of `at`, and of the times in texts. Required with `at`; otherwise UTC by default. */
  @Field(
    { ...OPTIONAL, pattern: TIME_ZONE_PATTERN, example: 'Europe/Moscow' },
    parsedBy('isTimeZone', isTimeZone, 'an IANA time zone, such as Europe/Moscow'),
  )
  time_zone?: string;

  /** How late a ping may be, and how long a run may take from its start to its end. */
  @IsDuration({ example: '10m', default: DEFAULT_GRACE })
  grace?: string;

  /** The source of its incidents. */
  @IsOneOf({ ...SOURCE_SCHEMA, required: false, default: 'monitoring', example: 'monitoring' })
  source?: IncidentSource;

  /** Whether its incidents are urgent. */
  @Field({ type: Boolean, required: false, default: false, example: false }, IsBooleanValue())
  urgent?: boolean;

  /** What is broken if it does not report: a part of the text of the incident. */
  @Field(
    {
      ...OPTIONAL,
      ...TEXT_SCHEMA,
      maxLength: MAX_DESCRIPTION_LENGTH,
      example: 'The nightly export of reports',
    },
    ValidateWith('isDescription', descriptionError),
  )
  description?: string;

  /** The settings; `every` or `at` is there. */
  static toSettings(dto: StoreHeartbeatDto): HeartbeatSettings {
    const { every, at, time_zone, grace, source, urgent, description } = dto;
    return {
      schedule: at === undefined ? { everyMs: parseDuration(every!)! } : { cron: at },
      timeZone: time_zone ?? 'UTC',
      graceMs: parseDuration(grace ?? DEFAULT_GRACE)!,
      source: source ?? 'monitoring',
      urgent: urgent ?? false,
      description,
    };
  }
}

export class HeartbeatsQuery {
  /** The name of the last heartbeat of the page before. */
  @Field(
    { ...OPTIONAL, ...NAME_SCHEMA, example: 'nightly-export' },
    Matches(KEY_NAME, { message: `$property ${NAME_RULE}` }),
  )
  after?: string;

  /** Only heartbeats with a problem: missing or failed. */
  @IsTruthValue()
  with_problem?: boolean;

  /** The maximum number of heartbeats. */
  @IsInteger({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE })
  limit: number = DEFAULT_PAGE;
}

const optionalTimestamp = { type: String, ...TIMESTAMP_SCHEMA, nullable: true } as const;
const timeOrNull = (at: Date | undefined) => (at ? isoTime(at) : null);

/** A time at which a ping is expected. */
export class ExpectedPingResponse {
  /** In UTC. */
  @ApiProperty({ format: 'date-time', example: '2026-11-30T03:30:00.000Z' })
  at: string;

  /** The same time in the zone of the heartbeat. */
  @ApiProperty({ format: 'date-time', example: '2026-11-30T06:30:00+03:00' })
  local: string;

  static from(at: Date, timeZone: string): ExpectedPingResponse {
    const zoned = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
    const local = zoned.toString({ timeZoneName: 'never', smallestUnit: 'second' });
    return { at: isoTime(at), local };
  }
}

/** A job that is expected to report. */
export class HeartbeatResponse {
  @ApiProperty({ example: 'nightly-export' })
  name: string;

  /**
   * `new` until its first success, `running` between a start and its end, `up`, or with a problem: `missing` if a ping did not come, and
   * `failed` if the job has said so. A problem ends with the next success.
   */
  @ApiProperty({ enum: HEARTBEAT_STATES, enumName: 'HeartbeatState', example: 'up' })
  state: HeartbeatState;

  /** Null with `at`. */
  @ApiProperty({ type: String, nullable: true, example: null })
  every: string | null;

  /** A cron expression; null with `every`. */
  @ApiProperty({ type: String, nullable: true, example: '30 6 * * 1-5' })
  at: string | null;

  @ApiProperty({ example: 'Europe/Moscow' })
  time_zone: string;

  @ApiProperty({ example: '10m' })
  grace: string;

  /** The next five times at which a ping is expected, if all come on time. */
  @ApiProperty({ type: [ExpectedPingResponse] })
  expected: ExpectedPingResponse[];

  @ApiProperty({ ...SOURCE_SCHEMA, example: 'monitoring' })
  source: IncidentSource;

  @ApiProperty({ example: false })
  urgent: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'The nightly export of reports' })
  description: string | null;

  /** When its last ping came, of whatever kind. */
  @ApiProperty(optionalTimestamp)
  last_ping_at: string | null;

  @ApiProperty(optionalTimestamp)
  last_success_at: string | null;

  /** Since when it is missing or failed. */
  @ApiProperty(optionalTimestamp)
  problem_since: string | null;

  /** Its last incident. */
  @ApiProperty({ ...ID_SCHEMA, nullable: true })
  incident_id: number | null;

  @ApiProperty(TIMESTAMP_SCHEMA)
  created_at: string;

  /** @param now from when on the expected times are. */
  static from(heartbeat: Heartbeat, now: Date): HeartbeatResponse {
    const { schedule, timeZone } = heartbeat;
    return {
      name: heartbeat.name,
      state: stateOf(heartbeat),
      every: 'everyMs' in schedule ? formatDuration(schedule.everyMs) : null,
      at: 'cron' in schedule ? schedule.cron : null,
      time_zone: timeZone,
      grace: formatDuration(heartbeat.graceMs),
      expected: nextExpected(heartbeat, now, SHOWN_TIMES).map((at) =>
        ExpectedPingResponse.from(at, timeZone),
      ),
      source: heartbeat.source,
      urgent: heartbeat.urgent,
      description: heartbeat.description ?? null,
      last_ping_at: timeOrNull(lastPingOf(heartbeat)?.at),
      last_success_at: timeOrNull(heartbeat.lastSuccess?.at),
      problem_since: timeOrNull(heartbeat.problem?.since),
      incident_id: heartbeat.incidentId ?? null,
      created_at: isoTime(heartbeat.createdAt),
    };
  }
}

const PING_URL = {
  type: String,
  format: 'uri',
  example: 'https://incidents.example.com/ping/8t1Rm0pXn3yQ2b6v9wZ4c7d0e5f8g1h2i3j4k5l6m7n',
} as const;

/** A heartbeat that was stored. */
export class StoredHeartbeatResponse extends HeartbeatResponse {
  /** Where its job pings. It is shown only once, when the heartbeat is created; null when its settings are replaced. */
  @ApiProperty({ ...PING_URL, nullable: true })
  ping_url: string | null;

  /** @param urlOf the ping URL of a token. */
  static stored(
    { heartbeat, token }: StoredHeartbeat,
    now: Date,
    urlOf: (token: string) => string,
  ): StoredHeartbeatResponse {
    const ping_url = token === undefined ? null : urlOf(token);
    return Object.assign(HeartbeatResponse.from(heartbeat, now), { ping_url });
  }
}

/** A new ping URL. */
export class PingUrlResponse {
  /** Where the job pings from now on. It is shown only once. */
  @ApiProperty(PING_URL)
  ping_url: string;
}

/** What a job has sent with a ping. */
export class PingOutputResponse {
  @ApiProperty({ enum: PING_KINDS, enumName: 'PingKind', example: 'failure' })
  kind: PingKind;

  /** The exit code of the job, if the ping has one. */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 255, nullable: true, example: 3 })
  exit_code: number | null;

  /** When the ping came. */
  @ApiProperty(TIMESTAMP_SCHEMA)
  at: string;

  /** The output as UTF-8; of one above 100,000 bytes, the end. */
  @ApiProperty({ example: 'disk full' })
  output: string;

  static from({ kind, exitCode, at, output }: PingOutput): PingOutputResponse {
    return { kind, exit_code: exitCode ?? null, at: isoTime(at), output: output.toString() };
  }
}

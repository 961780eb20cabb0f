import { ApiProperty } from '@nestjs/swagger';
import type { ImportUpdate } from '../../../application/imports/import-reports.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import { ValidateWith } from '../../../config/rules.js';
import { isTimeZone } from '../../../shared/time/daily-time.js';
import { TIME_ZONE_PATTERN } from '../../http/openapi/contract-patterns.js';
import { SOURCE_SCHEMA, STATUS_SCHEMA } from '../../http/openapi/schemas.js';
import { Field, IsOneOf, IsTruthValue } from '../../http/validation/fields.js';
import { COLUMNS_PATTERN, COLUMNS_RULE, parseColumns } from '../../imports/column-mapping.js';
import { IMPORT_FORMATS, type ImportFormat } from '../../imports/source.js';

const FORMAT_SCHEMA = { enum: IMPORT_FORMATS, enumName: 'ImportFormat' } as const;

export class ImportQuery {
  /** What the body is: `telegram` is the `result.json` of an export of Telegram Desktop. */
  @IsOneOf({ ...FORMAT_SCHEMA, example: 'csv' })
  format: ImportFormat;

  /** The columns of fields that are called otherwise, such as `description=Text,reported_at=Date`. */
  @Field(
    {
      type: String,
      required: false,
      pattern: COLUMNS_PATTERN,
      maxLength: 1_000,
      example: 'description=Text',
    },
    ValidateWith('isColumns', (value) =>
      typeof value === 'string' && value.length <= 1_000 && parseColumns(value) ? undefined : COLUMNS_RULE,
    ),
  )
  columns?: string;

  /** The source of reports that have none. */
  @IsOneOf({ ...SOURCE_SCHEMA, required: false, default: 'operator' })
  source: IncidentSource = 'operator';

  /** The status of incidents that have none. Others than NEW are reached by legal transitions at the time of the import. */
  @IsOneOf({ ...STATUS_SCHEMA, required: false, default: 'NEW' })
  status: IncidentStatus = 'NEW';

  /** The zone of times without an offset. */
  @Field(
    { type: String, required: false, pattern: TIME_ZONE_PATTERN, default: 'UTC', example: 'Europe/Moscow' },
    ValidateWith('isTimeZone', (value) =>
      typeof value === 'string' && isTimeZone(value)
        ? undefined
        : 'must be an IANA time zone, such as Europe/Moscow',
    ),
  )
  time_zone: string = 'UTC';

  /** Whether rows are checked only: none is stored. */
  @IsTruthValue()
  dry_run?: boolean;
}

/** What a line of an answer says. */
const LINE_TYPES = ['started', 'counting', 'rejected', 'progress', 'finished', 'stopped', 'failed'] as const;

/** A line of the answer to an import. */
export class ImportLineResponse {
  /** The last line is `finished`, `stopped` if the service stops, or `failed`: then send the file again. */
  @ApiProperty({ enum: LINE_TYPES, enumName: 'ImportLineType', example: 'progress' })
  type: (typeof LINE_TYPES)[number];

  /** How the file is read, as sentences; in `started` only. */
  @ApiProperty({ type: [String], required: false })
  mapping?: readonly string[];

  /** The number of the row, from 1; in `rejected` only. */
  @ApiProperty({ type: 'integer', minimum: 1, required: false, example: 3 })
  row?: number;

  /** Why the row is rejected; in `rejected` only. */
  @ApiProperty({ required: false, example: 'description is missing' })
  reason?: string;

  /** The number of rows in the file; in `counting` the number that have been read so far. */
  @ApiProperty({ type: 'integer', minimum: 0, required: false, example: 1_000 })
  total?: number;

  /** The number of rows that are done, those of earlier imports of the file included. */
  @ApiProperty({ type: 'integer', minimum: 0, required: false, example: 500 })
  rows?: number;

  /** How many of them are imported. */
  @ApiProperty({ type: 'integer', minimum: 0, required: false, example: 497 })
  accepted?: number;

  /** How many of them are rejected. */
  @ApiProperty({ type: 'integer', minimum: 0, required: false, example: 3 })
  rejected?: number;

  /** The code of a problem; in `failed` only. */
  @ApiProperty({ required: false, example: 'store.unavailable' })
  code?: string;

  /** What has failed; in `failed` only. */
  @ApiProperty({ required: false, example: 'The database does not answer right now; try again later.' })
  detail?: string;

  static from(update: ImportUpdate): ImportLineResponse {
    if (update.type === 'counting') return update;
    if (update.type === 'rejected') return { type: 'rejected', row: update.row, reason: update.reason };
    const { position: rows, accepted, rejected } = update.progress;
    return { type: update.type, rows, total: update.total, accepted, rejected };
  }
}

import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import { ValidateWith } from '../../config/rules.js';
import { STATUS_SCHEMA } from '../http/openapi/schemas.js';
import { Field, IsOneOf } from '../http/validation/fields.js';
import { PERSON_SCHEMA, personError } from '../http/validation/text-fields.js';
import { ReportIncidentDto } from '../intake/report.dto.js';

/** A report as a row of a file, apart from its time. */
export class ImportedRowDto extends ReportIncidentDto {
  /** The status that its incident has. */
  @IsOneOf({ ...STATUS_SCHEMA, required: false, example: 'CLOSED' })
  status?: IncidentStatus;

  /** Who reported it. */
  @Field({ type: String, required: false, ...PERSON_SCHEMA }, ValidateWith('isActor', personError))
  actor?: string;
}

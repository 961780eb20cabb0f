import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { OptionalNotNull } from '../../http/validation/optional-not-null.js';

export class AlertmanagerQuery {
  /**
   * Whose alerts these are. A fingerprint is a digest of labels: without it, two clusters whose alerts have the same labels
   * have the same problems.
   */
  @ApiProperty({ type: String, required: false, pattern: '^[\\w.-]{1,64}$', example: 'eu-1' })
  @OptionalNotNull()
  @Matches(/^[\w.-]{1,64}$/, {
    message: 'cluster must be 1 to 64 letters, digits, dots, hyphens or underscores',
  })
  cluster?: string;
}

const count = { type: 'integer', minimum: 0, example: 0 } as const;

/** What has become of the alerts of a notification, by the number. */
export class TakenResponse {
  /** New incidents. */
  @ApiProperty({ ...count, example: 2 })
  created: number;

  /** Further reports of open incidents, and what came too late to change anything. */
  @ApiProperty(count)
  duplicate: number;

  /** Problems that are not there any more. */
  @ApiProperty({ ...count, example: 1 })
  updated: number;

  /** What could not be understood, and is kept in the quarantine. */
  @ApiProperty(count)
  quarantined: number;
}

import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { OptionalNotNull } from '../../http/validation/optional-not-null.js';

export class AlertmanagerQuery {
  /**
   * The cluster of the alerts. A fingerprint is a digest of labels: without a cluster, alerts of two clusters with the same labels
   * are one cause.
   */
  @ApiProperty({ type: String, required: false, pattern: '^[\\w.-]{1,64}$', example: 'eu-1' })
  @OptionalNotNull()
  @Matches(/^[\w.-]{1,64}$/, {
    message: 'cluster must be 1 to 64 letters, digits, dots, hyphens or underscores',
  })
  cluster?: string;
}

import { Matches } from 'class-validator';
import { Field } from '../../http/validation/fields.js';

export class AlertmanagerQuery {
  /**
   * The cluster of the alerts. A fingerprint is a digest of labels: without a cluster, alerts of two clusters with the same labels
   * are one cause.
   */
  @Field(
    { type: String, required: false, pattern: '^[\\w.-]{1,64}$', example: 'eu-1' },
    Matches(/^[\w.-]{1,64}$/, {
      message: 'cluster must be 1 to 64 letters, digits, dots, hyphens or underscores',
    }),
  )
  cluster?: string;
}

import { IsOneOf } from '../../http/validation/fields.js';

export class OpsgenieQuery {
  /** What the identifier in the path is: the id of an alert, which is the `requestId` of the answer to its creation, or its alias. */
  @IsOneOf({ enum: ['id', 'alias', 'tiny'], required: false, default: 'id' })
  identifierType?: 'id' | 'alias' | 'tiny';
}

import { textValidationError } from '../../../domain/incident/incident-text.js';
import { ValidateWith } from '../../../config/rules.js';

const errorOf = (value: unknown) =>
  typeof value === 'string' ? textValidationError(value) : 'must be a string';

/** A valid text: see `textValidationError` in the domain. */
export const IsText = () => ValidateWith('isText', errorOf);

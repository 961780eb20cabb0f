import { textValidationError } from '../../../domain/incident/incident-text.js';
import { ValidateWith } from '../../../config/validate-with.js';

const problemOf = (value: unknown) => (typeof value === 'string' ? textValidationError(value) : 'must be a string');

/** A text that is fit for the register (see the domain's `textProblem`). */
export const IsText = () => ValidateWith('isText', problemOf);

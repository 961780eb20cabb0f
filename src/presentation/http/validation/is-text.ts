import { textProblem } from '../../../domain/incident/incident-text.js';
import { ValidateWith } from '../../../config/validate-with.js';

const errorOf = (value: unknown) => (typeof value === 'string' ? textProblem(value) : 'must be a string');

/** A valid text: see `textProblem` in the domain. */
export const IsText = () => ValidateWith('isText', errorOf);

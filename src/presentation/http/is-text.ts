import { registerDecorator } from 'class-validator';
import { textProblem } from '../../domain/incident/incident-text.js';

const problemOf = (value: unknown) => (typeof value === 'string' ? textProblem(value) : 'must be a string');

/** A text that is fit for the register (see the domain's `textProblem`). */
export function IsText(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isText',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value) => problemOf(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${problemOf(args?.value)}`,
      },
    });
}

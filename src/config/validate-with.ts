import { registerDecorator } from 'class-validator';

/** A rule that is one function. @param errorOf why a value is invalid, as the predicate of a sentence; undefined if it is valid. */
export function ValidateWith(
  name: string,
  errorOf: (value: unknown) => string | undefined,
): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value) => errorOf(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${errorOf(args?.value)}`,
      },
    });
}

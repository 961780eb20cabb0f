import { registerDecorator } from 'class-validator';

/** A rule that says itself what is wrong with a value; undefined where nothing is. */
export function ValidateWith(
  name: string,
  problemOf: (value: unknown) => string | undefined,
): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value) => problemOf(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${problemOf(args?.value)}`,
      },
    });
}

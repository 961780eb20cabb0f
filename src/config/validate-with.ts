import { registerDecorator } from 'class-validator';

/** @param errorIn what is wrong with a value, to follow the variable's name; undefined for a valid one. */
export function ValidateWith(
  name: string,
  errorIn: (value: unknown) => string | undefined,
): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value) => errorIn(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${errorIn(args?.value)}`,
      },
    });
}

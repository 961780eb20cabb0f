import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min, registerDecorator } from 'class-validator';

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

/** Anything but the text of an integer stays as it is, and validation rejects it. */
const toInteger = ({ value }: { value: unknown }) =>
  typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;

/** An integer of this range, in decimal digits. */
export const IntegerBetween = (min: number, max: number): PropertyDecorator =>
  applyDecorators(Max(max), Min(min), IsInt(), Transform(toInteger));

/** The port of a listener; 0 lets the system choose. */
export const ListenerPort = () => IntegerBetween(0, 65_535);

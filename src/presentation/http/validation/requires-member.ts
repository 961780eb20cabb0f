import { ValidateBy, type ValidationArguments } from 'class-validator';

/** A member that means something only beside another one. */
export const RequiresMember = (name: string): PropertyDecorator =>
  ValidateBy({
    name: 'requiresMember',
    validator: {
      validate: (_, args?: ValidationArguments) =>
        (args!.object as Record<string, unknown>)[name] !== undefined,
      defaultMessage: (args?: ValidationArguments) => `${args!.property} requires ${name}`,
    },
  });

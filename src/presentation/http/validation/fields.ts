import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsIn, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { ValidateWith } from '../../../config/rules.js';

// Fields of bodies and parameters of queries. Each decorator has the rules of a field and its part of the contract.

/**
 * A field with its schema and its rules. With `required: false` it may be absent, but not null, which `@IsOptional()` would
 * accept as well.
 */
export const Field = (schema: ApiPropertyOptions, ...rules: PropertyDecorator[]): PropertyDecorator =>
  applyDecorators(
    ApiProperty(schema),
    ...(schema.required === false ? [ValidateIf((_, value) => value !== undefined)] : []),
    ...rules,
  );

type EnumSchema = ApiPropertyOptions & { readonly enum: readonly string[] };

/** One value of the enum. */
export const IsOneOf = (schema: EnumSchema, ...rules: PropertyDecorator[]): PropertyDecorator =>
  Field(schema, IsIn(schema.enum), ...rules);

/** An optional parameter: values of the enum, comma-separated, or the parameter repeated. */
export const IsListOf = (schema: EnumSchema): PropertyDecorator =>
  Field(
    { ...schema, isArray: true, minItems: 1, required: false } as ApiPropertyOptions,
    Transform(toList),
    IsIn(schema.enum, { each: true }),
  );

interface ListRule {
  readonly maxItems: number;
  readonly example: readonly string[];
  /** What the list must be, as the predicate of a sentence. */
  readonly rule: string;
}

/** An optional parameter: texts of this form, comma-separated, or the parameter repeated. */
export const IsListOfTexts = (form: RegExp, { maxItems, example, rule }: ListRule): PropertyDecorator =>
  Field(
    {
      type: 'array',
      items: { type: 'string', pattern: form.source },
      minItems: 1,
      maxItems,
      required: false,
      example,
    },
    Transform(toList),
    ValidateWith('isListOfTexts', (value) => {
      const isList =
        Array.isArray(value) &&
        value.length <= maxItems &&
        value.every((text) => typeof text === 'string' && form.test(text));
      return isList ? undefined : rule;
    }),
  );

function toList({ value }: TransformFnParams): unknown {
  return [value].flat().flatMap((part: unknown) => (typeof part === 'string' ? part.split(',') : part));
}

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

/** An optional member or parameter: an integer. */
export const IsInteger = (
  { minimum, maximum, ...others }: ApiPropertyOptions & Bounds,
  ...rules: PropertyDecorator[]
): PropertyDecorator =>
  Field(
    { type: 'integer', required: false, minimum, maximum, ...others } as ApiPropertyOptions,
    Transform(toInteger),
    ValidateWith('isInteger', (value) => {
      const isInfinite = value === Infinity || value === -Infinity;
      if (typeof value !== 'number' || !(Number.isInteger(value) || isInfinite)) return 'must be an integer';
      if (value < minimum) return `must not be less than ${minimum}`;
      return value > maximum ? `must not be greater than ${maximum}` : undefined;
    }),
    ...rules,
  );

/** Digits to their number, which is infinite for hundreds of them. Any other value stays as it is, and is rejected. */
function toInteger({ value }: TransformFnParams): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
}

/** An optional parameter: `true` or `false`. */
export const IsTruthValue = (): PropertyDecorator =>
  Field(
    { type: Boolean, required: false },
    Transform(({ value }: TransformFnParams): unknown =>
      value === 'true' || value === 'false' ? value === 'true' : value,
    ),
    IsBooleanValue(),
  );

/** A rule for a boolean, as one function: see `quick-validation.ts`. */
export const IsBooleanValue = (): PropertyDecorator =>
  ValidateWith('isBoolean', (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'));

/** A rule for a member that means something only beside another one. */
export const RequiresMember = (name: string): PropertyDecorator =>
  ValidateBy({
    name: 'requiresMember',
    validator: {
      validate: (_, args?: ValidationArguments) =>
        (args!.object as Record<string, unknown>)[name] !== undefined,
      defaultMessage: (args?: ValidationArguments) => `${args!.property} requires ${name}`,
    },
  });

/** A rule for a member that has no meaning beside certain others. */
export const ExcludesMembers = (...names: readonly string[]): PropertyDecorator =>
  ValidateBy({
    name: 'excludesMembers',
    validator: {
      validate: (_, args?: ValidationArguments) =>
        names.every((name) => (args!.object as Record<string, unknown>)[name] === undefined),
      defaultMessage: (args?: ValidationArguments) => `${args!.property} excludes ${names.join(', ')}`,
    },
  });

import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { shorten } from '../../../shared/shorten.js';
import { inputError, invalidInput, invalidRequest } from '../problems/problems.js';
import { requiresOne } from './at-least-one.js';
import { isSurelyValid } from './quick-validation.js';

/** An answer names at most so many unknown fields, each shortened: it must not be larger than its request. */
const MAX_NAMED_FIELDS = 10;
const MAX_NAME_LENGTH = 100;

type Location = 'body' | 'query';

/**
 * Validates input and converts it to an instance of the class. Unlike the pipe of Nest, which silently drops some (`__proto__`,
 * `toString` …), it rejects every unknown field.
 * @throws HttpProblem with all errors of the input.
 */
export function validated<Input extends object>(
  location: Location,
  type: Type<Input>,
  value: unknown,
): Input {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput(location, undefined, `the ${location} must be a JSON object`);
  }
  const known = namesOf(type);
  const unknown = Object.keys(value).filter((name) => !known.has(name));
  if (unknown.length > 0) throw unknownFields(location, unknown, [...known].join(', '));
  if (requiresOne(type) && Object.keys(value).length === 0) {
    throw invalidInput(location, undefined, `${[...known].join(' or ')} is required`);
  }
  // Bodies are flat and typed, and class-transformer would recurse into a deeply nested value until the stack overflows.
  const instance =
    location === 'body'
      ? Object.assign(new type(), value)
      : plainToInstance(type, value, { exposeDefaultValues: true });
  if (isSurelyValid(type, instance)) return instance;
  // All rules are synchronous.
  const errors = validateSync(instance);
  if (errors.length === 0) return instance;
  throw invalidRequest(
    errors.flatMap(({ property, constraints }) =>
      Object.values(constraints!).map((detail) => inputError(location, property, detail)),
    ),
  );
}

function unknownFields(location: Location, names: readonly string[], known: string) {
  const kind = location === 'body' ? 'field' : 'parameter';
  const errors = names.slice(0, MAX_NAMED_FIELDS).map((name) => {
    return inputError(location, name, `unknown ${kind} ${shorten(name, MAX_NAME_LENGTH)} (known: ${known})`);
  });
  const more = names.length - errors.length;
  if (more > 0) errors.push(inputError(location, undefined, `${more} more unknown ${kind}s`));
  return invalidRequest(errors);
}

const names = new WeakMap<Type<object>, ReadonlySet<string>>();

/** The names of the fields that a class validates. */
function namesOf(type: Type<object>): ReadonlySet<string> {
  let known = names.get(type);
  if (!known) {
    const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
    known = new Set(metadata.map(({ propertyName }) => propertyName));
    names.set(type, known);
  }
  return known;
}

import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { shorten } from '../../../shared/shorten.js';
import { requiresOne } from './at-least-one.js';
import { type InputError, invalidRequest, pointerTo } from '../problems/problems.js';
import { isSurelyValid } from './quick-validation.js';

/** An answer names at most so many unknown fields, each shortened: it must not be larger than its request. */
const MAX_NAMED_FIELDS = 10;
const MAX_NAME_LENGTH = 100;

/**
 * Validates input and converts it to an instance of the class of the parameter. Unlike the pipe of Nest, which silently drops some
 * (`__proto__`, `toString` …), it rejects every unknown field.
 */
@Injectable()
export class StrictPipe implements PipeTransform<unknown, Promise<object>> {
  constructor(private readonly location: 'body' | 'query') {}

  async transform(value: unknown, { metatype }: ArgumentMetadata): Promise<object> {
    const type = metatype as Type<object>;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidRequest([
        { in: this.location, pointer: '', detail: `the ${this.location} must be a JSON object` },
      ]);
    }
    const known = namesOf(type);
    const unknown = Object.keys(value).filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw invalidRequest(this.unknownFieldErrors(unknown, [...known].join(', ')));
    }
    if (requiresOne(type) && Object.keys(value).length === 0) {
      throw invalidRequest([
        { in: this.location, pointer: '', detail: `${[...known].join(' or ')} is required` },
      ]);
    }
    // Bodies are flat and typed, and class-transformer would recurse into a deeply nested value until the stack overflows.
    const instance =
      this.location === 'body'
        ? Object.assign(new type(), value)
        : plainToInstance(type, value, { exposeDefaultValues: true });
    if (isSurelyValid(type, instance)) return instance;
    // All rules are synchronous.
    const errors = validateSync(instance);
    if (errors.length > 0) {
      throw invalidRequest(
        errors.flatMap(({ property, constraints }) =>
          Object.values(constraints!).map((detail) => this.error(property, detail)),
        ),
      );
    }
    return instance;
  }

  private unknownFieldErrors(unknown: readonly string[], known: string): InputError[] {
    const kind = this.location === 'body' ? 'field' : 'parameter';
    const errors = unknown
      .slice(0, MAX_NAMED_FIELDS)
      .map((name) => this.error(name, `unknown ${kind} ${shorten(name, MAX_NAME_LENGTH)} (known: ${known})`));
    const more = unknown.length - errors.length;
    if (more > 0) errors.push({ in: this.location, pointer: '', detail: `${more} more unknown ${kind}s` });
    return errors;
  }

  private error(name: string, detail: string): InputError {
    return { in: this.location, pointer: pointerTo(name), detail };
  }
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

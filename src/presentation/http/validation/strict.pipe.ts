import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { shorten } from '../../../shared/shorten.js';
import { requireOneOf } from './at-least-one.js';
import { type InputError, invalidRequest, pointerTo } from '../problems/problems.js';
import { isSurelyValid } from './quick-validation.js';

/** So many unknown names are told, and so many characters of each: an answer is not to be larger than its request. */
const MAX_NAMED = 10;
const MAX_NAME = 100;

/**
 * Turns input into an instance of the parameter's class, or refuses it with every breach named. Nest's own pipe drops
 * a few unknown names without a word (`__proto__`, `toString` …); here each is an error.
 */
@Injectable()
export class StrictPipe implements PipeTransform<unknown, Promise<object>> {
  constructor(private readonly place: InputError['in']) {}

  async transform(value: unknown, { metatype }: ArgumentMetadata): Promise<object> {
    const type = metatype as Type<object>;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidRequest([{ in: this.place, pointer: '', detail: 'the body must be a JSON object' }]);
    }
    const known = namesOf(type);
    const unknown = Object.keys(value).filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw invalidRequest(this.errorsOf(unknown, [...known].join(', ')));
    }
    if (requireOneOf(type) && Object.keys(value).length === 0) {
      throw invalidRequest([{ in: this.place, pointer: '', detail: `${[...known].join(' or ')} is needed` }]);
    }
    // Bodies are flat and come with their types; class-transformer would follow a value of any depth until the stack ends.
    const instance =
      this.place === 'body'
        ? Object.assign(new type(), value)
        : plainToInstance(type, value, { exposeDefaultValues: true });
    if (isSurelyValid(type, instance)) return instance;
    // No rule waits for anything.
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

  private errorsOf(unknown: readonly string[], known: string): InputError[] {
    const errors = unknown
      .slice(0, MAX_NAMED)
      .map((name) => this.error(name, `${shorten(name, MAX_NAME)} is not known here (known are: ${known})`));
    const more = unknown.length - errors.length;
    if (more > 0) errors.push({ in: this.place, pointer: '', detail: `${more} more are not known here` });
    return errors;
  }

  private error(name: string, detail: string): InputError {
    return { in: this.place, pointer: pointerTo(name), detail };
  }
}

const names = new WeakMap<Type<object>, ReadonlySet<string>>();

/** The names that a class validates: its contract. */
function namesOf(type: Type<object>): ReadonlySet<string> {
  let known = names.get(type);
  if (!known) {
    const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
    known = new Set(metadata.map(({ propertyName }) => propertyName));
    names.set(type, known);
  }
  return known;
}

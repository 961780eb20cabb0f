import type { Type } from '@nestjs/common';
import { getMetadataStorage, type ValidationArguments, ValidationTypes } from 'class-validator';

/** The rules of one field of a class. */
interface FieldRules {
  readonly property: string;
  readonly conditions: readonly ((instance: object, value: unknown) => boolean)[];
  readonly checks: readonly ((instance: object, value: unknown) => unknown)[];
}

const rules = new WeakMap<Type<object>, readonly FieldRules[] | undefined>();

/**
 * Whether an instance is certainly valid by the rules of its class; if not, class-validator must decide. class-validator collects
 * the rules again for each instance, which costs as much CPU as the whole framework.
 */
export function isSurelyValid(type: Type<object>, instance: object): boolean {
  if (!rules.has(type)) rules.set(type, rulesOf(type));
  const members = rules.get(type);
  if (!members) return false;
  for (const { property, conditions, checks } of members) {
    const value = (instance as Record<string, unknown>)[property];
    if (!conditions.every((condition) => condition(instance, value))) continue;
    if (!checks.every((check) => check(instance, value) === true)) return false;
  }
  return true;
}

/** Undefined if there are none, or others than the two simple kinds: conditions, and checks of a value or of each item of an array. */
function rulesOf(type: Type<object>): readonly FieldRules[] | undefined {
  const storage = getMetadataStorage();
  const all = storage.getTargetValidationMetadatas(type, '', false, false);
  const isSimple = all.every(
    ({ type: kind, validateIf }) =>
      kind === ValidationTypes.CONDITIONAL_VALIDATION ||
      (kind === ValidationTypes.CUSTOM_VALIDATION && !validateIf),
  );
  if (!isSimple || all.length === 0) return undefined;
  return Object.entries(storage.groupByPropertyName(all)).map(([property, metadata]) => ({
    property,
    conditions: metadata
      .filter(({ type: kind }) => kind === ValidationTypes.CONDITIONAL_VALIDATION)
      .map(({ constraints }) => constraints[0] as FieldRules['conditions'][number]),
    checks: metadata
      .filter(({ type: kind }) => kind === ValidationTypes.CUSTOM_VALIDATION)
      .flatMap(({ constraintCls, constraints, each }) =>
        storage.getTargetValidatorConstraints(constraintCls).map(({ instance: constraint }) => {
          const check = (object: object, value: unknown) => {
            const args: ValidationArguments = { targetName: type.name, property, object, value, constraints };
            return constraint.validate(value, args);
          };
          if (!each) return check;
          return (object: object, value: unknown) =>
            Array.isArray(value) && value.every((item) => check(object, item) === true);
        }),
      ),
  }));
}

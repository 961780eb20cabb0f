import type { Type } from '@nestjs/common';

const classes = new Set<Type<object>>();

/** A body of this class has one of its members at least, though it needs none in particular. */
export const AtLeastOne = (): ClassDecorator => (type) => void classes.add(type as unknown as Type<object>);

export const requireOneOf = (type: Type<object>): boolean => classes.has(type);

/** The names of the classes that say so, for the contract. */
export const namesRequiringOne = (): string[] => [...classes].map(({ name }) => name);

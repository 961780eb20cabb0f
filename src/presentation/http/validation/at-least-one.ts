import type { Type } from '@nestjs/common';

const classes = new Set<Type<object>>();

/** A body of this class must have at least one member, none of which is required. */
export const AtLeastOne = (): ClassDecorator => (type) => void classes.add(type as unknown as Type<object>);

/** Whether a body of this class must have at least one member. */
export const requiresOne = (type: Type<object>): boolean => classes.has(type);

/** The names of these classes, for the contract. */
export const namesRequiringOne = (): string[] => [...classes].map(({ name }) => name);

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam, type ApiParamOptions } from '@nestjs/swagger';
import type { DomainError } from '../../../domain/domain-error.js';
import { ID_SCHEMA } from '../openapi/schemas.js';
import { invalidInput } from '../problems/problems.js';
import { requestOf } from '../server/request-context.js';

const PATH_ID = { name: 'id', schema: ID_SCHEMA };

type Options = ApiParamOptions & { readonly name: string };

type Parse = (text: string) => unknown;

const Parsed = createParamDecorator(
  ({ name, parse }: { readonly name: string; readonly parse: Parse }, context: ExecutionContext) =>
    parse(requestOf(context).params[name] as string),
);

/** A parameter of the path with its part of the contract. Nest takes four promises to run a pipe, and none for what a decorator returns. */
function PathParameter(options: Options, parse: Parse): ParameterDecorator {
  return (target, method, index) => {
    Parsed({ name: options.name, parse })(target, method, index);
    ApiParam(options)(target, method!, Object.getOwnPropertyDescriptor(target, method!)!);
  };
}

/** A text in the path. @param rule what the text must be, as the predicate of a sentence. */
export const PathText = (pattern: RegExp, rule: string, options: Options) =>
  PathParameter(options, (text) => {
    if (pattern.test(text)) return text;
    throw invalidInput('path', options.name, `${options.name} ${rule}`);
  });

/** An id in the path. @param notFound is thrown for an id that is too large to exist. */
export const PathId = (notFound: new (id: string) => DomainError) =>
  PathParameter(PATH_ID, (text) => parseId(text, notFound));

/** Documents the id in the path of a route that parses it itself. */
export const DescribeId = () => ApiParam(PATH_ID);

/**
 * Parses an id: a positive decimal integer, without sign or leading zeros.
 * @param name of the parameter.
 * @throws HttpProblem for anything else; `notFound` for an id that is too large to exist.
 */
export function parseId(text: string, notFound: new (id: string) => DomainError, name = 'id'): number {
  if (!/^[1-9]\d*$/.test(text)) {
    throw invalidInput('path', name, `${name} must be a positive decimal integer`);
  }
  const id = Number(text);
  // No id gets this large, and PostgreSQL would reject the number.
  if (!Number.isSafeInteger(id)) throw new notFound(text);
  return id;
}

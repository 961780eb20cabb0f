import type { PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { DomainError } from '../../../domain/domain-error.js';
import { invalidRequest } from '../problems/problems.js';

/** The schema of an id, in a path or a body. */
export const ID_SCHEMA = { type: 'integer', format: 'int64', minimum: 1, example: 1 } as const;

export const DescribeId = () => ApiParam({ name: 'id', schema: ID_SCHEMA });

/** Parses an id in a path: a positive decimal integer, without sign or leading zeros. */
export class IdPipe implements PipeTransform<string, number> {
  /** @param notFound is thrown for an id that is too large to exist. */
  constructor(private readonly notFound: new (id: string) => DomainError) {}

  transform(text: string): number {
    if (!/^[1-9]\d*$/.test(text)) {
      throw invalidRequest([{ in: 'path', pointer: '/id', detail: 'id must be a positive decimal integer' }]);
    }
    const id = Number(text);
    // No id gets this large, and PostgreSQL would reject the number.
    if (!Number.isSafeInteger(id)) throw new this.notFound(text);
    return id;
  }
}

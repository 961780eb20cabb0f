import type { PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { KEY_NAME } from '../../../domain/access/access-key.js';
import { invalidRequest } from '../../http/problems/problems.js';

export const DescribeName = () =>
  ApiParam({
    name: 'name',
    schema: { type: 'string', minLength: 1, maxLength: 64, pattern: KEY_NAME.source },
    example: 'mailer',
  });

/** Validates the name of a consumer in the path: names are used verbatim in paths and metrics. */
export class ConsumerNamePipe implements PipeTransform<string, string> {
  transform(name: string): string {
    if (KEY_NAME.test(name)) return name;
    const detail = 'name must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit';
    throw invalidRequest([{ in: 'path', pointer: '/name', detail }]);
  }
}

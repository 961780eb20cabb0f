import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Problems } from '../../http/problems/problem-documentation.js';
import { NDJSON } from '../incidents/bulk-intake.js';
import { ImportLineResponse } from './imports.dto.js';

const FILE = 'description,reported_at,actor\nКасса 3 не печатает,2024-05-01 10:00,Анна\n,2024-05-02,Борис\n';
const LINES = [
  { type: 'started', mapping: ['The encoding is UTF-8: it is valid UTF-8.'] },
  { type: 'counting', total: 2 },
  { type: 'rejected', row: 2, reason: 'description is missing' },
  { type: 'progress', rows: 2, total: 2, accepted: 1, rejected: 1 },
  { type: 'finished', rows: 2, total: 2, accepted: 1, rejected: 1 },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

/** The contract of the route, except for what its signature and its DTOs already say. */
export const DescribeImport = () =>
  applyDecorators(
    ApiExtraModels(ImportLineResponse),
    ApiOperation({
      summary: 'Import a file',
      description:
        'Imports the reports in a file of up to 4 GiB, which is the body, of any content type. Each row is imported once, however often ' +
        'the file is sent: if the connection breaks, or the last line is not `finished`, send it again. The answer has a line of ' +
        'JSON for each rejected row and for each batch, as soon as it is committed. It needs a key that may impersonate, ' +
        'since rows name their authors. See docs/import.md.',
      requestBody: {
        required: true,
        content: {
          'application/octet-stream': { schema: { type: 'string', format: 'binary' }, example: FILE },
        },
      },
    }),
    ApiOkResponse({
      description:
        'The file has arrived. Each line is an ImportLineResponse; the last one says how the import has ended.',
      content: { [NDJSON]: { schema: { type: 'string' }, example: LINES } },
    }),
    Problems(
      'request.invalid',
      'request.malformed-body',
      'request.body-too-large',
      'request.unsupported-media-type',
      'import.unreadable-file',
      'store.unavailable',
    ),
  );

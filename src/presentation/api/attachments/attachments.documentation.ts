import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import {
  ChangePreconditions,
  header,
  IdempotencyKeyHeader,
  location,
  ProvenanceHeaders,
  REPLAYED,
  requestHeader,
} from '../../http/openapi/header-documentation.js';
import { MULTIPART } from '../../http/body/uploads.js';
import { HEADER_PATTERN } from '../../http/openapi/contract-patterns.js';
import { BODY_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { DescribeId } from '../../http/validation/path-parameters.js';
import { AttachmentResponse } from './attachments.dto.js';

// The contract of the routes of attachments, except for what their signatures and DTOs already say.

const binary = { type: 'string', format: 'binary' } as const;

/** The bytes of a file, of any type. */
const ANY_FILE = { '*/*': { schema: binary, example: 'the bytes of the file' } };

const FILE_HEADERS = {
  ETag: header('Identifies the bytes, for If-None-Match, If-Range and If-Match.', '"9f86d08…"'),
  'Accept-Ranges': header('`bytes`: a part of the file can be requested by Range.', 'bytes'),
  'Content-Disposition': header(
    'The name of the file; `inline` for images, audio and video that browsers show, else `attachment`.',
    'inline; filename="касса.jpg"',
  ),
};

/** The problems of a request with files. */
export const UPLOAD_PROBLEMS = [
  ...BODY_PROBLEMS,
  'attachment.file-too-large',
  'attachment.too-many-files',
  'attachment.limit-reached',
  'attachment.daily-limit-reached',
  'attachment.unreadable-image',
  'request.rate-limited',
] as const;

export const DescribeAttach = () =>
  applyDecorators(
    DescribeId(),
    ChangePreconditions(),
    IdempotencyKeyHeader(),
    ProvenanceHeaders(),
    ApiOperation({
      summary: 'Attach files to an incident',
      description:
        'Attaches up to 10 files of up to 20 MiB each, or none of them, whatever the status of the incident. ' +
        'A key that may only report can attach to the incidents that it has reported.',
      requestBody: {
        required: true,
        content: {
          [MULTIPART]: {
            schema: {
              type: 'object',
              required: ['file'],
              additionalProperties: false,
              properties: { file: { type: 'array', items: binary, minItems: 1, maxItems: 10 } },
            },
            example: { file: ['касса.jpg'] },
          },
        },
      },
    }),
    ApiResponse({
      status: 201,
      type: [AttachmentResponse],
      description: 'The files are committed.',
      headers: { ...REPLAYED, ...location('/api/v1/incidents/1/attachments/1') },
    }),
    Problems(
      ...UPLOAD_PROBLEMS,
      'incident.not-found',
      'incident.version-mismatch',
      'idempotency.key-reused',
      'idempotency.key-in-use',
      'intake.rate-limited',
      'store.unavailable',
      'store.outcome-unknown',
    ),
  );

export const DescribeAttachments = () =>
  applyDecorators(
    ApiOkResponse({ type: [AttachmentResponse], description: 'The attachments by their numbers.' }),
    Problems('incident.not-found'),
  );

export const DescribeFile = () =>
  applyDecorators(
    ApiParam({ name: 'number', schema: { type: 'integer', minimum: 1, example: 1 } }),
    requestHeader('Range', 'Answer with this part of the file only: one range of bytes.', {
      type: 'string',
      pattern: HEADER_PATTERN,
      example: 'bytes=0-1023',
    }),
    requestHeader('If-Range', 'Heed Range only if this is the current ETag.', {
      type: 'string',
      pattern: HEADER_PATTERN,
      example: '"0"',
    }),
    requestHeader('If-Match', 'Answer 412 unless the ETag is one of these.', {
      type: 'string',
      pattern: HEADER_PATTERN,
      example: '*',
    }),
    requestHeader('If-None-Match', 'Answer 304 if the ETag is one of these.', {
      type: 'string',
      pattern: HEADER_PATTERN,
      example: '"0"',
    }),
    ApiOkResponse({
      description: 'The bytes of the file, of its type; with `preview`, a smaller image.',
      headers: FILE_HEADERS,
      content: ANY_FILE,
    }),
    ApiResponse({
      status: 206,
      description: 'The part of the file in Range.',
      headers: {
        ...FILE_HEADERS,
        'Content-Range': header('Which bytes these are, and of how many.', 'bytes 0-1023/123456'),
      },
      content: ANY_FILE,
    }),
    ApiResponse({
      status: 304,
      description: 'The ETag is in If-None-Match.',
      headers: { ETag: FILE_HEADERS.ETag },
    }),
    Problems(
      'incident.not-found',
      'attachment.not-found',
      'attachment.no-preview',
      'request.precondition-failed',
      'request.range-not-satisfiable',
    ),
  );

/** The schema of a report with files. @param report the schema of the report. */
export const reportFormSchema = (report: Parameters<typeof getSchemaPath>[0]) => ({
  type: 'object' as const,
  required: ['report'],
  additionalProperties: false,
  properties: {
    report: { $ref: getSchemaPath(report) },
    file: { type: 'array' as const, items: binary, maxItems: 10 },
  },
});

import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  type ApiResponseOptions,
  getSchemaPath,
} from '@nestjs/swagger';
import { MULTIPART } from '../../http/body/uploads.js';
import {
  ChangePreconditions,
  CreatePreconditions,
  ETAG,
  header,
  IdempotencyKeyHeader,
  link,
  location,
  ProvenanceHeaders,
  ReadPreconditions,
  REPLAYED,
} from '../../http/openapi/header-documentation.js';
import { BODY_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import type { ProblemCode } from '../../http/problems/problems.js';
import { DescribeId } from '../../http/validation/path-parameters.js';
import { ReportIncidentDto, ReportLineDto } from '../../intake/report.dto.js';
import { reportFormSchema, UPLOAD_PROBLEMS } from '../attachments/attachments.documentation.js';
import { NDJSON } from './bulk-intake.js';
import { ChangeStatusDto, UpdateIncidentDto } from './incident-requests.dto.js';
import { IncidentEventResponse } from './incident-events.dto.js';
import { IncidentReceiptResponse, IncidentResponse, SimilarIncidentResponse } from './incidents.dto.js';

// The contract of each route of the incidents, except for what its signature and its DTOs already say.

const LOCATION = location('/api/v1/incidents/1');
const LINK = link('</api/v1/incidents?cursor=bmExLjE>; rel="next"');

const INCIDENT_OR_RECEIPT = {
  schema: {
    oneOf: [{ $ref: getSchemaPath(IncidentResponse) }, { $ref: getSchemaPath(IncidentReceiptResponse) }],
  },
  example: { id: 1, status: 'IN_PROGRESS', occurrences: 2 },
};

const WRITE_PROBLEMS = [
  ...BODY_PROBLEMS,
  'idempotency.key-reused',
  'idempotency.key-in-use',
  'intake.rate-limited',
  'store.unavailable',
  'store.outcome-unknown',
] as const;

const LINES =
  '{"description": "Касса 3 не печатает", "source": "partner"}\n{"description": "", "source": "partner"}\n';
const ANSWERS =
  '{"line":1,"id":17,"status":201}\n{"line":2,"status":400,"code":"request.invalid",' +
  '"detail":"description must not be blank.","errors":[{"in":"body","pointer":"/description",' +
  '"detail":"description must not be blank"}]}\n';

export const DescribeReport = () =>
  applyDecorators(
    CreatePreconditions(),
    IdempotencyKeyHeader(),
    ProvenanceHeaders(),
    ApiExtraModels(ReportIncidentDto, ReportLineDto, IncidentReceiptResponse),
    ApiOperation({
      summary: 'Report an incident',
      description:
        'Reports one incident as JSON, or with files as a form, or many incidents as a stream with one JSON object per line. ' +
        'A report with the dedup_key of an open incident is counted there.',
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: getSchemaPath(ReportIncidentDto) } },
          [NDJSON]: { schema: { type: 'string' }, example: LINES },
          [MULTIPART]: {
            schema: reportFormSchema(ReportIncidentDto),
            example: {
              report: { description: 'Касса 3 не печатает', source: 'partner' },
              file: ['касса.jpg'],
            },
          },
        },
      },
    }),
    ApiResponse({
      status: 201,
      type: IncidentResponse,
      description: 'The incident is committed.',
      headers: { ...ETAG, ...REPLAYED, ...LOCATION },
    }),
    ApiOkResponse({
      description:
        'The report is counted as a duplicate of the open incident with this dedup_key. ' +
        'A key that may read gets the incident, any other key a receipt. ' +
        'A stream gets one line for each line that is not blank, in the same order, each after its commit. ' +
        'A line over the rate limit gets status 429 and retry_after in seconds.',
      content: {
        'application/json': INCIDENT_OR_RECEIPT,
        [NDJSON]: { schema: { type: 'string' }, example: ANSWERS },
      },
    }),
    Problems(...WRITE_PROBLEMS, ...UPLOAD_PROBLEMS, 'request.precondition-failed'),
  );

export const DescribeList = () =>
  applyDecorators(
    // `assignee=me` is the actor.
    ProvenanceHeaders(),
    ApiOkResponse({
      type: [IncidentResponse],
      description: 'A page of incidents.',
      headers: {
        ...LINK,
        'X-Total-Count': {
          description: 'The number of incidents on all pages.',
          schema: { type: 'integer', example: 1234 },
        },
        'X-Total-Count-Relation': header(
          '`gte` if the total is a lower bound: above 10,000 with any parameter but `status` and `source`, or if the time was over. ' +
            'Then the page may be short, too; `next` continues it.',
          'gte',
        ),
        'Content-Range': header('The position of this page in the list.', 'incidents 0-49/1234'),
      },
    }),
  );

/** A read of one incident. @param ok the answer with the incident. */
const DescribeRead = (ok: ApiResponseOptions) =>
  applyDecorators(
    ReadPreconditions(),
    ApiOkResponse(ok),
    ApiResponse({ status: 304, description: 'The current ETag is in If-None-Match.', headers: ETAG }),
    Problems('incident.not-found', 'incident.version-mismatch'),
  );

export const DescribeGet = () =>
  DescribeRead({ type: IncidentResponse, description: 'The incident.', headers: ETAG });

export const DescribeGetByKey = () =>
  DescribeRead({
    content: { 'application/json': INCIDENT_OR_RECEIPT },
    description: 'The incident; a receipt without an ETag for a key that may not read.',
    headers: { ETag: { ...ETAG.ETag, required: false }, ...LOCATION },
  });

/** A change of an incident. @param problems that only this route may answer with. */
const DescribeChange = (type: typeof UpdateIncidentDto | typeof ChangeStatusDto, problems: ProblemCode[]) =>
  applyDecorators(
    DescribeId(),
    ChangePreconditions(),
    IdempotencyKeyHeader(),
    ProvenanceHeaders(),
    ApiBody({ type }),
    ApiOkResponse({
      type: IncidentResponse,
      description: 'The change is committed.',
      headers: { ...ETAG, ...REPLAYED },
    }),
    Problems(
      ...WRITE_PROBLEMS,
      'incident.not-found',
      'incident.illegal-transition',
      'incident.unexpected-status',
      'incident.version-mismatch',
      ...problems,
    ),
  );

export const DescribeUpdate = () =>
  DescribeChange(UpdateIncidentDto, [
    'incident.closed',
    'incident.description-too-long',
    'incident.duplicate-cycle',
    'incident.already-duplicate',
    'incident.original-not-found',
  ]);

export const DescribeChangeStatus = () => DescribeChange(ChangeStatusDto, []);

export const DescribeSimilar = () =>
  applyDecorators(
    ApiOkResponse({
      type: [SimilarIncidentResponse],
      description: 'Up to 10 incidents, the most similar first.',
    }),
    Problems('incident.not-found'),
  );

export const DescribeHistory = () =>
  applyDecorators(
    ApiOkResponse({
      type: [IncidentEventResponse],
      description: 'The events, oldest first.',
      headers: LINK,
    }),
    Problems('incident.not-found'),
  );

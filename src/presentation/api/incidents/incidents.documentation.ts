import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import { RELAYED_CHANNELS } from '../../http/auth/provenance.js';
import { NDJSON } from './bulk-intake.js';
import { ACTOR_PATTERN, HEADER_PATTERN, KEY_PATTERN } from '../../http/openapi/contract-patterns.js';
import {
  ChangeStatusDto,
  IncidentEventResponse,
  IncidentReceiptResponse,
  IncidentResponse,
  ReportIncidentDto,
  ReportLineDto,
  UpdateIncidentDto,
} from './incidents.dto.js';
import { DescribeId } from '../../http/validation/id.pipe.js';
import { Problems } from '../../http/problems/problem.dto.js';

// What the contract says of each route of the incidents, apart from what the routes do.

/** An idempotency key, in a header or a path. */
export const IDEMPOTENCY_KEY_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: KEY_PATTERN,
} as const;

const header = (description: string, example: string) => ({
  description,
  schema: { type: 'string' as const, example },
});
const ETAG = { ETag: header('The incident as it is now, for If-Match and If-None-Match.', '"1-1"') };
const INCIDENT_OR_RECEIPT = {
  schema: {
    oneOf: [{ $ref: getSchemaPath(IncidentResponse) }, { $ref: getSchemaPath(IncidentReceiptResponse) }],
  },
  example: { id: 1, status: 'IN_PROGRESS', occurrences: 2 },
};
const LINK = {
  Link: header('The pages around this one (RFC 8288).', '</api/v1/incidents?cursor=bmExLjE>; rel="next"'),
};
const NOT_READABLE = [
  'request.invalid',
  'request.malformed-body',
  'request.timeout',
  'request.body-too-large',
  'request.unsupported-media-type',
] as const;

/** The headers by which a request is for some versions of an incident only, and what they mean for it. */
const Preconditions = (ifMatch: string, ifNoneMatch: string) =>
  applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: ifMatch,
      schema: { type: 'string', pattern: HEADER_PATTERN, example: '*' },
    }),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: ifNoneMatch,
      schema: { type: 'string', pattern: HEADER_PATTERN, example: '"0-0"' },
    }),
  );
const OfReads = () =>
  Preconditions(
    'Answer 412 unless the incident is as in one of these ETags.',
    'Answer 304 while the incident is as in one of these ETags.',
  );
const OfChanges = () =>
  Preconditions(
    'Change the incident only while it is as in one of these ETags.',
    'Change the incident only while it is as in none of these ETags; never, with `*`.',
  );

const OUTCOMES = [
  'idempotency.key-reused',
  'idempotency.key-in-use',
  'intake.rate-limited',
  'store.unavailable',
  'store.outcome-unknown',
] as const;
const Idempotent = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'A request with a key takes effect once, however often it is sent: a repeat gets the first answer again. ' +
      'Kept for 7 days, or as IDEMPOTENCY_RETENTION_DAYS says; also as X-Idempotency-Key.',
    schema: IDEMPOTENCY_KEY_SCHEMA,
  });

/** The headers in which a key that acts for others says for whom. @param needed the channels of which one must be named. */
export const ByOthers = (needed?: readonly Provenance['channel'][]) =>
  applyDecorators(
    ApiHeader({
      name: 'X-Actor',
      required: false,
      description:
        'Who asks for it, where the key may act for others: 1 to 255 characters, percent-encoded as UTF-8.',
      schema: {
        type: 'string',
        minLength: 1,
        pattern: ACTOR_PATTERN,
        example: 'telegram:7%20%D0%98%D0%B2%D0%B0%D0%BD',
      },
    }),
    ApiHeader({
      name: 'X-Channel',
      required: needed !== undefined,
      description: 'By which way it came to the client, where the key may act for others.',
      schema: { type: 'string', enum: [...(needed ?? RELAYED_CHANNELS)] },
    }),
  );
const REPLAYED = {
  'Idempotency-Replayed': header('`true`: the answer of an earlier request with this key.', 'true'),
};

const LINES =
  '{"description": "Касса 3 не печатает", "source": "partner"}\n{"description": "", "source": "partner"}\n';
const ANSWERS =
  '{"line":1,"id":17,"status":201}\n{"line":2,"status":400,"code":"request.invalid",' +
  '"detail":"description must not be blank.","errors":[{"in":"body","pointer":"/description",' +
  '"detail":"description must not be blank"}]}\n';

export const DescribeReport = () =>
  applyDecorators(
    Preconditions(
      'Answer 412 unless it is `*`: the list of incidents has no ETag.',
      'Answer 412 where it is `*`: the list of incidents is there.',
    ),
    Idempotent(),
    ByOthers(),
    ApiExtraModels(ReportIncidentDto, ReportLineDto, IncidentReceiptResponse),
    ApiOperation({
      summary: 'Report an incident, or many as a stream of lines.',
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: getSchemaPath(ReportIncidentDto) } },
          [NDJSON]: { schema: { type: 'string' }, example: LINES },
        },
      },
    }),
    ApiResponse({
      status: 201,
      type: IncidentResponse,
      description: 'The incident is committed.',
      headers: { ...ETAG, ...REPLAYED, Location: header('Where the incident is.', '/api/v1/incidents/1') },
    }),
    ApiOkResponse({
      description:
        'A further report of the incident that is open with this dedup_key, which has counted it: ' +
        'all of that for keys that may read, and a receipt for others; ' +
        'or, to a stream, a line for each line that is not blank, in the same order, each after its commit. ' +
        'A line past the rate limit is 429, with retry_after in seconds.',
      content: {
        'application/json': INCIDENT_OR_RECEIPT,
        [NDJSON]: { schema: { type: 'string' }, example: ANSWERS },
      },
    }),
    Problems(...NOT_READABLE, 'request.precondition-failed', ...OUTCOMES),
  );

export const DescribeList = () =>
  applyDecorators(
    ApiOkResponse({
      type: [IncidentResponse],
      description: 'A page of incidents.',
      headers: {
        ...LINK,
        'X-Total-Count': {
          description: 'Incidents on all pages.',
          schema: { type: 'integer', example: 1234 },
        },
        'X-Total-Count-Relation': header(
          '`gte` where the total is a lower bound: past 10,000 with `q`, dates or `dedup_key`, or where a search ran out of time. ' +
            'A page of such a search may be short, and `next` leads on from where it stopped.',
          'gte',
        ),
        'Content-Range': header('Where this page stands in the whole.', 'incidents 0-49/1234'),
      },
    }),
    Problems('request.invalid'),
  );

export const DescribeGet = () =>
  applyDecorators(
    DescribeId(),
    OfReads(),
    ApiOkResponse({ type: IncidentResponse, description: 'The incident as it is now.', headers: ETAG }),
    ApiResponse({ status: 304, description: 'The incident is as in If-None-Match.', headers: ETAG }),
    Problems('request.invalid', 'incident.not-found', 'incident.version-mismatch'),
  );

export const DescribeGetByKey = () =>
  applyDecorators(
    ApiParam({
      name: 'key',
      description: 'The idempotency key of a report, percent-encoded.',
      schema: IDEMPOTENCY_KEY_SCHEMA,
      example: 'shift-7%2F42',
    }),
    OfReads(),
    ApiExtraModels(IncidentReceiptResponse),
    ApiOkResponse({
      content: { 'application/json': INCIDENT_OR_RECEIPT },
      description: 'The incident as it is now; a receipt, without an ETag, for keys that may not read.',
      headers: {
        ETag: { ...ETAG.ETag, required: false },
        Location: header('Where the incident is.', '/api/v1/incidents/1'),
      },
    }),
    ApiResponse({ status: 304, description: 'The incident is as in If-None-Match.', headers: ETAG }),
    Problems('request.invalid', 'incident.not-found', 'incident.version-mismatch'),
  );

export const DescribeUpdate = () =>
  applyDecorators(
    DescribeId(),
    OfChanges(),
    Idempotent(),
    ByOthers(),
    ApiBody({ type: UpdateIncidentDto }),
    ApiOkResponse({
      type: IncidentResponse,
      description: 'All of the change is committed.',
      headers: { ...ETAG, ...REPLAYED },
    }),
    Problems(
      ...NOT_READABLE,
      'incident.not-found',
      'incident.illegal-transition',
      'incident.unexpected-status',
      'incident.description-too-long',
      'incident.version-mismatch',
      ...OUTCOMES,
    ),
  );

export const DescribeChangeStatus = () =>
  applyDecorators(
    DescribeId(),
    OfChanges(),
    Idempotent(),
    ByOthers(),
    ApiBody({ type: ChangeStatusDto }),
    ApiOkResponse({
      type: IncidentResponse,
      description: 'The status is changed; the change is committed.',
      headers: { ...ETAG, ...REPLAYED },
    }),
    Problems(
      ...NOT_READABLE,
      'incident.not-found',
      'incident.illegal-transition',
      'incident.unexpected-status',
      'incident.version-mismatch',
      ...OUTCOMES,
    ),
  );

export const DescribeHistory = () =>
  applyDecorators(
    DescribeId(),
    ApiOkResponse({
      type: [IncidentEventResponse],
      description: 'The events in the order in which they happened.',
      headers: LINK,
    }),
    Problems('request.invalid', 'incident.not-found'),
  );

import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ACTOR_PATTERN, HEADER_PATTERN, KEY_PATTERN } from './contract-patterns.js';

// Headers that several routes have in common, as the contract describes them.

/** An idempotency key, in a header or a path. */
export const IDEMPOTENCY_KEY_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: KEY_PATTERN,
} as const;

/** A header of an answer. */
export const header = (description: string, example: string) => ({
  description,
  schema: { type: 'string' as const, example },
});

export const ETAG = {
  ETag: header('The current version of the incident, for If-Match and If-None-Match.', '"1-1"'),
};

export const REPLAYED = {
  'Idempotency-Replayed': header('`true`: this is the answer of an earlier request with this key.', 'true'),
};

export const location = (path: string) => ({ Location: header('The URL of the resource.', path) });

/** The links of a page. */
export const link = (example: string) => ({
  Link: header('The URLs of the adjacent pages (RFC 8288).', example),
});

type HeaderSchema = { readonly type: 'string'; readonly pattern?: string; readonly example?: string };

/** Documents a header of a request. */
export const requestHeader = (name: string, description: string, schema: HeaderSchema, required = false) =>
  ApiHeader({ name, required, description, schema });

/** Documents Idempotency-Key for a route that remembers its requests. */
export const IdempotencyKeyHeader = () =>
  requestHeader(
    'Idempotency-Key',
    'A request with a key takes effect once: if it is sent again, it gets the first answer again. ' +
      'Keys are stored for 7 days (IDEMPOTENCY_RETENTION_DAYS). X-Idempotency-Key is an alias.',
    IDEMPOTENCY_KEY_SCHEMA,
  );

/** Documents If-Match and If-None-Match, and what they mean for a route. */
const PreconditionHeaders = (ifMatch: string, ifNoneMatch: string) =>
  applyDecorators(
    requestHeader('If-Match', ifMatch, { type: 'string', pattern: HEADER_PATTERN, example: '*' }),
    requestHeader('If-None-Match', ifNoneMatch, {
      type: 'string',
      pattern: HEADER_PATTERN,
      example: '"0-0"',
    }),
  );

export const ReadPreconditions = () =>
  PreconditionHeaders(
    'Answer 412 unless the current ETag is one of these.',
    'Answer 304 if the current ETag is one of these.',
  );

export const ChangePreconditions = () =>
  PreconditionHeaders(
    'Change the incident only if its current ETag is one of these.',
    'Change the incident only if its current ETag is none of these; `*` never matches.',
  );

export const CreatePreconditions = () =>
  PreconditionHeaders(
    'Answer 412 unless it is `*`: the list of incidents has no ETag.',
    'Answer 412 if it is `*`: the list of incidents exists.',
  );

const ACTOR_SCHEMA = {
  type: 'string',
  minLength: 1,
  pattern: ACTOR_PATTERN,
  example: 'telegram:7%20%D0%98%D0%B2%D0%B0%D0%BD',
} as const;

/**
 * Documents the headers in which a key that may impersonate names the actor and the channel.
 * @param isChannelRequired whether a channel must be named; by default, it is that of the API.
 */
export const ProvenanceHeaders = (isChannelRequired = false) =>
  applyDecorators(
    requestHeader(
      'X-Actor',
      'The actor of the request, for keys that may impersonate: 1 to 255 characters, percent-encoded as UTF-8.',
      ACTOR_SCHEMA,
    ),
    requestHeader(
      'X-Channel',
      'The channel by which the request reached the client, for keys that may impersonate.',
      // `documentChannels` adds the registered names.
      { type: 'string' },
      isChannelRequired,
    ),
  );

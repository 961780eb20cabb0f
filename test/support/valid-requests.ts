import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { GeneratedRequest } from './raw-requests.js';

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly minProperties?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'header' | 'path';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

/** An operation of the OpenAPI document. */
export interface ContractOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

export const OPERATIONS: readonly ContractOperation[] = Object.entries(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      operation,
    })),
);

const NDJSON = 'application/x-ndjson';

/** Texts that some rule once rejected, sent alone and repeated wherever a schema allows them. */
const TRICKY = [
  ...'\0\n \u00A0\u200B\uFEFF\uFFFD\u0085\u202E%+aя🛴한./"\\*,',
  'e\u0301',
  '#4',
  '42',
  '..',
  '{}',
  '0100-01-01',
  '2028-02-29',
  '2100-02-29',
  '9999-12-31',
  '2026-11-20T10:00:00Z',
  '9999-12-31T23:59:59Z',
  '8999-12-31T23:59:59-23:59',
];

function aText({ pattern, minLength = 0, maxLength = 200 }: Schema): fc.Arbitrary<string> {
  const rule = new RegExp(pattern ?? '', 'u');
  const isValid = (text: string) => {
    const length = Array.from(text).length;
    return rule.test(text) && length >= minLength && length <= maxLength;
  };
  const long = TRICKY.map((text) => text.repeat(Math.floor(maxLength / Array.from(text).length)));
  const tricky = [...TRICKY, ...TRICKY.map((text) => `${text}ab3`), ...long].filter(isValid);
  const plain = pattern ? fc.stringMatching(rule) : fc.string({ unit: 'binary', minLength, maxLength });
  const mixed = fc
    .array(fc.constantFrom(...TRICKY), { minLength: 1, maxLength: 6 })
    .map((some) => some.join(''));
  return fc.oneof(
    { weight: 4, arbitrary: plain.filter(isValid) },
    ...(tricky.length > 0
      ? [
          { weight: 2, arbitrary: fc.constantFrom(...tricky) },
          { weight: 2, arbitrary: mixed.map((text) => (isValid(text) ? text : tricky[0]!)) },
        ]
      : []),
  );
}

function anInteger({ minimum = -(2 ** 31), maximum = Infinity }: Schema): fc.Arbitrary<bigint> {
  const max = maximum === Infinity ? 2n ** 63n - 1n : BigInt(maximum);
  const min = BigInt(minimum);
  const few = min + 30n < max ? min + 30n : max;
  return fc.oneof(
    { weight: 6, arbitrary: fc.bigInt({ min, max: few }) },
    { weight: 1, arbitrary: fc.bigInt({ min, max }) },
    { weight: 1, arbitrary: fc.constantFrom(min, max) },
  );
}

function anObject(schema: Schema): fc.Arbitrary<object> {
  const { properties, required = [], additionalProperties = true, minProperties = 0 } = schema;
  const named = fc.record(
    Object.fromEntries(Object.entries(properties ?? {}).map(([name, each]) => [name, valueOf(each)])),
    { requiredKeys: [...required] },
  );
  const others = additionalProperties ? fc.dictionary(fc.string(), fc.jsonValue()) : fc.constant({});
  return fc
    .tuple(others, named)
    .map(([more, members]): object => Object.assign({}, more, members))
    .filter((members) => Object.keys(members).length >= minProperties);
}

/** Any value that the schema allows. */
function valueOf(schema: Schema, cursors: readonly string[] = []): fc.Arbitrary<unknown> {
  const { $ref, allOf, oneOf, type, items, minItems, format, enum: values } = schema;
  if (oneOf) return fc.oneof(...oneOf.map((each) => valueOf(each)));
  const name = ($ref ?? allOf?.[0]?.$ref)?.split('/').at(-1);
  if (name) return valueOf(document.components.schemas[name]!);
  if (values) return fc.constantFrom(...values);
  // According to its description, a cursor comes from a link.
  if (format === 'cursor') return fc.constantFrom(...cursors);
  if (type === 'integer') return anInteger(schema);
  if (format === 'binary') return fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  if (type === 'boolean') return fc.boolean();
  if (type === 'array') return fc.array(valueOf(items!), { minLength: minItems, maxLength: 4 });
  return type === 'object' ? anObject(schema) : aText(schema);
}

type Values = Readonly<Record<string, unknown>>;

function parametersOf(
  { parameters = [] }: Operation,
  place: Parameter['in'],
  cursors: readonly string[],
): fc.Arbitrary<Values> {
  const ours = parameters.filter((parameter) => parameter.in === place);
  // A response may take as long as `wait` says.
  const valuesOf = ({ name, schema }: Parameter) =>
    name === 'wait' ? fc.constant(0) : valueOf(schema, cursors);
  return fc.record(Object.fromEntries(ours.map((parameter) => [parameter.name, valuesOf(parameter)])), {
    requiredKeys: ours.filter(({ required }) => required).map(({ name }) => name),
  });
}

/**
 * According to their descriptions, `via` and `from` require `status`, `duplicate_of` excludes most others, and `sign_in_token` excludes
 * `access_key`; OpenAPI 3.0 cannot express that.
 */
function fitsTogether(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true;
  if ('sign_in_token' in body) return !('access_key' in body);
  if ('duplicate_of' in body)
    return Object.keys(body).every((name) => ['duplicate_of', 'description_append'].includes(name));
  return 'status' in body || !('via' in body || 'from' in body);
}

/** A heartbeat has either `every` or `at`, which requires `time_zone`. */
function isHeartbeat(body: unknown): boolean {
  const { every, at, time_zone: timeZone } = body as Values;
  return (every === undefined) !== (at === undefined) && (at === undefined || timeZone !== undefined);
}

/**
 * Whether a body fits the parameters of its path: an incident is no duplicate of itself, a chat escalates to another one, and the policy
 * of a source has nothing that is for those of chats.
 */
function fitsPath(body: unknown, { id, scope }: Values): boolean {
  const { duplicate_of: original, ...policy } = (body ?? {}) as Values;
  if (scope === undefined) return id === undefined || original !== id;
  const isSource = !(scope as string).includes(':');
  return ['on_duty', 'escalate_to', 'digest_at'].every(
    (name) => policy[name] == null || (!isSource && policy[name] !== scope),
  );
}

/** Of every form. */
const BOUNDARY = 'a-boundary';

interface Content {
  readonly type: string;
  readonly value: unknown;
  readonly body: Buffer;
}

function bodyOf({ operationId, requestBody }: Operation): fc.Arbitrary<Content | undefined> {
  if (!requestBody) return fc.constant(undefined);
  const bodies = Object.entries(requestBody.content).map(([type, { schema }]) =>
    valueOf(schema)
      .filter(operationId === 'storeHeartbeat' ? isHeartbeat : fitsTogether)
      .map((value) =>
        type === 'multipart/form-data'
          ? { type: `${type}; boundary=${BOUNDARY}`, value, body: formOf(value as Values) }
          : {
              type,
              value,
              body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, numbers)),
            },
      ),
  );
  return fc.oneof(...bodies, ...(requestBody.required ? [] : [fc.constant(undefined)]));
}

/** A form with a part for each value: bytes are a file, anything else is JSON. */
function formOf(values: Values): Buffer {
  const parts = Object.entries(values).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => {
      const isFile = Buffer.isBuffer(each);
      const more = isFile ? '; filename="a.bin"' : '';
      const body = isFile ? each : Buffer.from(JSON.stringify(each, numbers));
      const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
      return [Buffer.from(head), body, Buffer.from('\r\n')];
    }),
  );
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const numbers = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);

const asText = (value: unknown) => String(value as string | bigint);

function queryOf(values: Values): string {
  // According to its description, a cursor requires the same `sort`, which is in the link, and no `offset`.
  const others = 'cursor' in values ? ['sort', 'offset'] : [];
  // According to its description, a search is sorted by time.
  if ('q' in values && values['sort'] === 'attention') others.push('sort');
  // According to their descriptions, `from` and `to` are at most 366 days apart: two generated days hardly ever are.
  if ('from' in values && 'to' in values) others.push('to');
  return Object.entries(values)
    .filter(([name]) => !others.includes(name))
    .flatMap(([name, value]) => [value].flat().map((each) => `${name}=${encodeURIComponent(asText(each))}`))
    .join('&');
}

/**
 * Any request that is valid according to the OpenAPI document and its descriptions: cursors come from links, and a stream of lines
 * has no Idempotency-Key.
 */
export function aValidRequest(
  { method, path, operation }: ContractOperation,
  cursors: readonly string[],
): fc.Arbitrary<GeneratedRequest> {
  return (
    fc
      .record({
        places: parametersOf(operation, 'path', cursors),
        query: parametersOf(operation, 'query', cursors),
        headers: parametersOf(operation, 'header', cursors),
        content: bodyOf(operation),
      })
      // According to the descriptions of its members.
      .filter(({ places, content }) => fitsPath(content?.value, places))
      .map(({ places, query, headers, content }) => {
        const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
          encodeURIComponent(asText(places[name])),
        );
        const search = queryOf(query);
        const { 'Idempotency-Key': key, ...others } = headers as Record<string, string>;
        return {
          method,
          path: search === '' ? target : `${target}?${search}`,
          headers: {
            ...others,
            ...(key !== undefined && content?.type !== NDJSON && { 'Idempotency-Key': key }),
            ...(content && { 'Content-Type': content.type }),
          },
          body: content?.body,
        };
      })
  );
}

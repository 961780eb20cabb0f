import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { GeneratedRequest } from './raw-requests.js';

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

function resolved({ allOf, ...schema }: Schema): Schema {
  const { $ref } = allOf?.[0] ?? schema;
  return $ref ? document.components.schemas[$ref.split('/').at(-1)!]! : schema;
}

/** Any text: plain, of every script, with control characters and lone surrogates, empty, blank and long. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
      .map((units) => String.fromCharCode(...units)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\u0000',
      '\ud800',
      '%',
      "'; --",
      '\\',
      '\u202e',
      'a'.repeat(10_001),
      'я'.repeat(10_000),
    ),
  },
);

const anything = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(-1, 0, 1e300, 2 ** 53, null, true),
);

const SAMPLES = ['2026-11-20', '2036-01-01T00:00:00Z', 'shift-7/42', 'bot'];

/** Any text or a sample; samples alone if nearly no text matches the pattern. */
function stringOf({ pattern }: Schema): fc.Arbitrary<string> {
  const matches = (sample: string) => pattern === undefined || new RegExp(pattern, 'u').test(sample);
  return matches('é ü') ? fc.oneof(text, fc.constantFrom(...SAMPLES)) : fc.constantFrom(...SAMPLES);
}

/** Usually a value that the schema describes, sometimes anything else. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  const { enum: values, type, items, properties, required = [] } = resolved(schema);
  const valid: fc.Arbitrary<unknown> = values
    ? fc.constantFrom(...values)
    : type === 'integer'
      ? fc.integer({ min: -5, max: 300 })
      : type === 'boolean'
        ? fc.boolean()
        : type === 'array' && items
          ? fc.array(valueOf(items), { maxLength: 3 })
          : type === 'object' && properties
            ? recordOf(properties, required)
            : stringOf(schema);
  return fc.oneof({ weight: 8, arbitrary: valid }, { weight: 1, arbitrary: anything });
}

/** An object with its required members, or only with some of them. */
function recordOf(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
): fc.Arbitrary<object> {
  const members = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, valueOf(each)]));
  return fc.oneof(
    { weight: 6, arbitrary: fc.record(members, { requiredKeys: [...required] }) },
    { weight: 1, arbitrary: fc.record(members, { requiredKeys: [] }) },
  );
}

const id = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 60 }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '0',
      '-1',
      '01',
      '1.0',
      '1e3',
      '9007199254740993',
      '9'.repeat(400),
      '%',
      '%00',
      '%ff',
      '..',
    ),
  },
  // Short enough for the limit on all headers together.
  { weight: 1, arbitrary: text.map((value) => encoded(value.slice(0, 100))) },
);

/** A few keys, so that requests share them. */
const key = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 40 }).map((n) => `key-${n}`) },
  { weight: 1, arbitrary: text.map((value) => value.slice(0, 100)) },
);

/** Replaces lone surrogates, which cannot be encoded. */
function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

// Only what Node's client accepts in a header.
const headerValue = (value: unknown) => textOf(value).replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '');

/** Valid and invalid ones, but none for which a response would wait. */
const waitSeconds = fc.constantFrom<unknown>(0, '0', -1, 31, 1e9, '', 'a', null);

function queryOf(operation: Operation): fc.Arbitrary<string> {
  const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const known = parameters.map(({ name, schema }) =>
    (name === 'wait' ? waitSeconds : valueOf(schema)).map(
      (value) =>
        `${name}=${encoded((Array.isArray(value) ? value.map(textOf).join(',') : textOf(value)).slice(0, 250))}`,
    ),
  );
  const raw = fc.constantFrom(
    'a=b',
    '%',
    '&&',
    'q=%ff',
    'limit',
    'limit=1&limit=2',
    'cursor=bmExLjE',
    'q[]=a',
    '__proto__=1',
  );
  return fc
    .subarray(known)
    .chain((some) => fc.tuple(...some))
    .chain((pairs) =>
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(pairs.join('&')) },
        { weight: 1, arbitrary: raw.map((one) => [...pairs, one].join('&')) },
      ),
    );
}

function headersOf(operation: Operation): fc.Arbitrary<Record<string, string>> {
  const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'header');
  const names = [...declared.map(({ name }) => name), 'If-None-Match', 'X-Request-Id', 'Accept'];
  const values = fc.oneof(fc.constantFrom('*', '"1-1"', 'W/"1-1"', '"1-1", "2-1"', 'key-1'), text);
  const headers = fc
    .constantFrom(...names)
    .chain((name) =>
      (/idempotency-key/i.test(name) ? key : values).map((value) => [name, headerValue(value)] as const),
    );
  // Rare, because otherwise hardly any body would be read.
  const encoding = fc
    .constantFrom('gzip', 'br', 'identity', '?')
    .map((value) => ['Content-Encoding', value] as const);
  return fc
    .array(fc.oneof({ weight: 40, arbitrary: headers }, { weight: 1, arbitrary: encoding }), { maxLength: 3 })
    .map((pairs) => Object.fromEntries(pairs));
}

function bodyOf(operation: Operation): fc.Arbitrary<{ type: string; body: Buffer } | undefined> {
  const content = operation.requestBody?.content ?? {};
  const schema = content['application/json']?.schema ?? {};
  const json = valueOf(schema).map((value) => JSON.stringify(value) ?? 'null');
  const lines = fc.array(json, { maxLength: 4 }).map((all) => all.join('\n'));
  const type = fc.constantFrom('text/plain', 'application/xml', '', 'application/json; charset=latin1');
  return fc.oneof(
    { weight: 10, arbitrary: json.map((body) => ({ type: 'application/json', body: Buffer.from(body) })) },
    {
      weight: 1,
      arbitrary: lines.map((body) => ({ type: 'application/x-ndjson', body: Buffer.from(body) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('application/json', 'application/x-ndjson'), fc.uint8Array({ maxLength: 60 }))
        .map(([each, bytes]) => ({ type: each, body: Buffer.from(bytes) })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(type, json).map(([each, body]) => ({ type: each, body: Buffer.from(body) })),
    },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** Whether it reports or changes an incident: what is accepted then is read back. */
const isChange = (path: string, method: string) => path.startsWith('/api/v1/incidents') && method !== 'GET';

/** A request to an operation of the OpenAPI document, usually valid. */
export const aRequest: fc.Arbitrary<GeneratedRequest> = fc
  .oneof(
    { weight: 3, arbitrary: fc.constantFrom(...operations) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...operations.filter(({ path, method }) => isChange(path, method))),
    },
  )
  .chain(({ path, method, operation }) =>
    fc
      .record({
        id,
        key: key.map(encoded),
        method: fc.oneof(
          { weight: 30, arbitrary: fc.constant(method) },
          { weight: 1, arbitrary: fc.constantFrom('PUT', 'DELETE', 'HEAD', 'OPTIONS', 'POST') },
        ),
        query: queryOf(operation),
        headers: headersOf(operation),
        content: method === 'GET' ? fc.constant(undefined) : bodyOf(operation),
      })
      .map(({ id: given, key: givenKey, method: asked, query, headers, content }) => ({
        method: asked,
        path: `${path.replace('{id}', given).replace(/{key}|{name}|{scope}|{number}/, givenKey)}${query === '' ? '' : `?${query}`}`,
        headers: { ...headers, ...(content && content.type !== '' && { 'Content-Type': content.type }) },
        body: content?.body,
      })),
  );

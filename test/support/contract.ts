import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

type Json = Record<string, unknown>;

interface Operation {
  readonly responses: Record<
    string,
    { content?: Record<string, { schema: Json }>; headers?: Record<string, { required?: boolean }> }
  >;
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json };
};

/** Forbids undocumented members: each of them would be an unintended promise. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return 'properties' in schema ? { additionalProperties: false, ...members } : members;
}

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'contract', components: closed(document.components) as Json });
const validators = new Map<string, ValidateFunction>();

function validatorOf(name: string, schema: Json): ValidateFunction {
  let validate = validators.get(name);
  if (!validate) {
    const text = JSON.stringify(closed(schema)).replaceAll('"#/components', '"contract#/components');
    validate = ajv.compile(JSON.parse(text) as Json);
    validators.set(name, validate);
  }
  return validate;
}

const routes = Object.entries(document.paths).map(([path, operations]) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  operations,
}));

/**
 * Checks a response against the OpenAPI document: the status, the media type, the headers and the body. Requests that the document
 * does not contain must get a problem.
 * @throws if the document does not allow the response.
 */
export function requireContract(
  method: string,
  path: string,
  answer: { status: number; headers: Headers; body: unknown },
): void {
  const label = `${method} ${path} → ${answer.status}`;
  const type = answer.headers.get('content-type')?.split(';')[0];
  // Express ignores a slash at the end.
  const plain = path.split('?')[0]!.replace(/(?<=.)\/$/, '');
  const route = routes.find(({ pattern }) => pattern.test(plain));
  const operation = route?.operations[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (!operation) {
    if (path.startsWith('/docs') || method === 'OPTIONS') return;
    requireBody(label, 'problem', { $ref: '#/components/schemas/ProblemResponse' }, answer.body);
    return;
  }
  const response = operation.responses[answer.status];
  if (!response) throw new Error(`${label} is not in the contract`);
  for (const [header, { required }] of Object.entries(response.headers ?? {})) {
    const optional =
      required === false || ['Link', 'X-Total-Count-Relation', 'Idempotency-Replayed'].includes(header);
    if (!optional && !answer.headers.has(header)) throw new Error(`${label} lacks the header ${header}`);
  }
  if (method === 'HEAD' || answer.status === 304 || answer.status === 204) return;
  const content = response.content?.[type ?? ''] ?? response.content?.['*/*'];
  if (!content) throw new Error(`${label} with ${type} is not in the contract`);
  requireBody(label, `${method} ${route.path} ${answer.status} ${type}`, content.schema, answer.body);
}

function requireBody(label: string, name: string, schema: Json, body: unknown): void {
  const validate = validatorOf(name, schema);
  if (!validate(body)) {
    throw new Error(
      `${label} breaks the contract: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
    );
  }
}

import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ChannelRegistry } from '../../../application/intake/channel-registry.js';
import type { HttpAdapter } from '../server/http-adapter.js';
import { setDocumentationHeaders } from '../server/security-headers.js';
import metadata from '../../../metadata.js';
import { documentChannels } from './channel-documentation.js';
import { TLS_COOKIE } from '../auth/session-cookie.js';
import { namesRequiringOne } from '../validation/at-least-one.js';

const DESCRIPTION = `
A register of incidents: every report gets a number, and goes through
\`NEW → IN_PROGRESS ⇄ RESOLVED → CLOSED\`.

Authorize with your access key. Errors are \`application/problem+json\` (RFC 9457), with a stable \`code\`.
`.trim();

const SIGNATURE =
  'With Signature-Input (RFC 9421): by hmac-sha256 with the access key, or by ed25519. It covers @method, @target-uri, for a body ' +
  'content-digest (RFC 9530) and, where they are sent, idempotency-key, x-actor and x-channel. It has created, nonce and keyid.';

/** Creates the contract of the service from the controllers of an app that serves it. */
export function createOpenApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Incidents')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    .addTag('Incidents', 'Report, find and change incidents')
    .addTag('Attachments', 'Attach files to incidents, and get them')
    .addTag('Events', 'Follow everything that happens, in one order')
    .addTag('Policies', 'Remind people of incidents that nobody takes')
    .addTag('Heartbeats', 'Report jobs that fail or do not run')
    .addTag('Statistics', 'Count incidents and measure how long they take')
    .addTag('Imports', 'Import reports from files')
    .addTag('Webhooks', 'Receive the notifications of monitoring systems')
    .addTag('Quarantine', 'Review messages that could not be processed')
    .addTag('Access keys', 'Manage access keys and their roles')
    .addTag('Sessions', 'Sign people in and out')
    .addTag('Operations', 'Health checks and metrics')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Access-Key' }, 'accessKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addBasicAuth({ type: 'http', scheme: 'basic' }, 'basic')
    .addCookieAuth(TLS_COOKIE, { type: 'apiKey', in: 'cookie' }, 'session')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'Signature', description: SIGNATURE }, 'signature')
    .addSecurityRequirements('accessKey')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('signature')
    .addSecurityRequirements('session')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  restrictBodies(document.components!.schemas!);
  documentChannels(document, app.get(ChannelRegistry));
  removeUnusedBasicAuth(document);
  return document;
}

/** HTTP Basic is for the channels whose senders can send nothing else: without one, the contract does not mention it. */
function removeUnusedBasicAuth({ components, paths }: OpenAPIObject): void {
  const isUsed = Object.values(paths).some(({ post }) => post?.security?.some((scheme) => 'basic' in scheme));
  if (!isUsed) delete components!.securitySchemes!['basic'];
}

/** Adds the rules of `validated` to the schemas of request bodies, whose classes are named …Dto. */
function restrictBodies(schemas: Record<string, object>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    if (name.endsWith('Dto')) Object.assign(schema, { additionalProperties: false });
  }
  for (const name of namesRequiringOne()) Object.assign(schemas[name]!, { minProperties: 1 });
}

/**
 * Serves the contract at `/docs` for people and at `/docs/openapi.json` for programs, without an access key. It is created when it is
 * requested first: processes start without waiting for it.
 */
export async function serveDocs(app: INestApplication): Promise<void> {
  await SwaggerModule.loadPluginMetadata(metadata);
  const options = {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Incidents API',
    // Keys are not stored: a script of another page on this host could read them.
    swaggerOptions: { persistAuthorization: false, tryItOutEnabled: true },
  };
  const adapter = app.getHttpAdapter() as HttpAdapter;
  adapter.registerLater(() => {
    app.use('/docs', setDocumentationHeaders);
    SwaggerModule.setup('docs', app, () => createOpenApi(app), options);
  });
}

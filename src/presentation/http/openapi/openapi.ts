import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import metadata from '../../../metadata.js';
import { namesRequiringOne } from '../validation/at-least-one.js';

const DESCRIPTION = `
A register of incidents: every report gets a number, and is carried through
\`NEW → IN_PROGRESS ⇄ RESOLVED → CLOSED\`.

Authorize with your access key. Errors are \`application/problem+json\` (RFC 9457), with a stable \`code\`.
`.trim();

/** The service's contract, made from its controllers. */
export async function createOpenApi(app: INestApplication): Promise<OpenAPIObject> {
  await SwaggerModule.loadPluginMetadata(metadata);
  const config = new DocumentBuilder()
    .setTitle('Incidents')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    .addTag('incidents', 'Reports in, incidents out')
    .addTag('events', 'The event feed: everything that happens, in one order')
    .addTag('intake', 'What machines send in words of their own')
    .addTag('quarantine', 'What came and could not be taken in')
    .addTag('keys', 'Who may come in')
    .addTag('operations', 'Probes and metrics')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Access-Key' }, 'accessKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addSecurityRequirements('accessKey')
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  closeBodies(document.components!.schemas!);
  return document;
}

/** Says of the bodies of requests, whose classes are named …Dto, what `StrictPipe` refuses. */
function closeBodies(schemas: Record<string, object>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    if (name.endsWith('Dto')) Object.assign(schema, { additionalProperties: false });
  }
  for (const name of namesRequiringOne()) Object.assign(schemas[name]!, { minProperties: 1 });
}

/** Serves the contract at `/docs` for people and at `/docs/openapi.json` for programs; both are open to all. */
export async function serveDocs(app: INestApplication): Promise<void> {
  SwaggerModule.setup('docs', app, await createOpenApi(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Incidents API',
    swaggerOptions: { persistAuthorization: true, tryItOutEnabled: true },
  });
}

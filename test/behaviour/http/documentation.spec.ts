import { readFileSync } from 'node:fs';
import { createOpenApi } from '../../../src/presentation/http/openapi/openapi.js';
import { type Service, startService } from '../../support/service.js';

describe('the documentation of the API', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  it('is served as Swagger UI at /docs, without an access key', async () => {
    const page = await fetch(`${service.url}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('swagger-ui');
    const script = await fetch(`${service.url}/docs/swagger-ui-bundle.js`);
    expect(script.status).toBe(200);
    // The body is read to its end: the service stops only once its answers are sent.
    expect((await script.text()).length).toBeGreaterThan(100_000);
    const options = await (await fetch(`${service.url}/docs/swagger-ui-init.js`)).text();
    // A browser would store the key where every script of the host can read it.
    expect(options).toContain('"persistAuthorization": false');
  });

  it('is served as the published OpenAPI document at /docs/openapi.json', async () => {
    const published = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
    expect(createOpenApi(service.app)).toEqual(published);
    expect((await service.get('/docs/openapi.json')).body).toEqual(published);
  });

  it('says how to authorize, and which routes need no access key', () => {
    const { components, security, paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
    expect(Object.keys(components.securitySchemes)).toEqual([
      'accessKey',
      'bearer',
      'basic',
      'session',
      'signature',
    ]);
    expect(security).toEqual([{ accessKey: [] }, { bearer: [] }, { signature: [] }, { session: [] }]);
    const open = Object.keys(paths).filter((path) => JSON.stringify(paths[path].get?.security) === '[{}]');
    expect(open).toEqual([
      '/ping/{token}',
      '/ping/{token}/{signal}',
      '/api/v1/session/options',
      '/health',
      '/health/live',
      '/health/ready',
    ]);
  });

  it('has a short imperative summary and a tag for each operation, and an example for each body', () => {
    const { paths, components, tags } = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
    const operations = Object.values<any>(paths).flatMap((path) => Object.values<any>(path));
    expect(operations).toHaveLength(68);
    const tagNames = tags.map(({ name }: { name: string }) => name);
    for (const { summary, tags: own, requestBody, responses } of operations) {
      expect(summary).toMatch(/^[A-Z][a-z]+( [\w ]+)?$/);
      expect(summary.length).toBeLessThanOrEqual(50);
      expect(own).toHaveLength(1);
      expect(tagNames).toContain(own[0]);
      const contents = [requestBody, ...Object.values<any>(responses)].flatMap((part) =>
        Object.values<any>(part?.content ?? {}),
      );
      expect(contents).not.toHaveLength(0);
      for (const content of contents) expect(hasExample(content, components.schemas)).toBe(true);
    }
  });

  it('describes each member of a request', () => {
    const { components } = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
    const members = Object.entries<any>(components.schemas).flatMap(([name, { properties = {} }]) =>
      name.endsWith('Dto')
        ? Object.entries<any>(properties).map(([member, { description }]) => ({ name, member, description }))
        : [],
    );
    expect(members.length).toBeGreaterThan(30);
    expect(members.filter(({ description }) => description === undefined)).toEqual([]);
  });
});

function hasExample({ example, examples, schema }: any, schemas: any): boolean {
  if (example !== undefined || examples !== undefined) return true;
  const name = (schema.$ref ?? schema.items?.$ref)?.split('/').at(-1);
  return Object.values<any>(schemas[name]?.properties ?? {}).some((property) => 'example' in property);
}

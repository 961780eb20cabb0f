import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CASES } from './cases.js';
import { argumentsOf, helm } from './rendering.js';

/** The kinds of the smallest rendering, by their group and version. */
const RESOURCES: Record<string, readonly [name: string, kind: string][]> = {
  v1: [
    ['secrets', 'Secret'],
    ['services', 'Service'],
    ['serviceaccounts', 'ServiceAccount'],
    ['pods', 'Pod'],
  ],
  'apps/v1': [['deployments', 'Deployment']],
  'batch/v1': [['jobs', 'Job']],
  'networking.k8s.io/v1': [['networkpolicies', 'NetworkPolicy']],
  'policy/v1': [['poddisruptionbudgets', 'PodDisruptionBudget']],
};

/** What Helm adds to what it applies. It refuses a resource of this name without that. */
const OWNED_BY_THE_RELEASE = {
  name: 'incidents',
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': 'incidents', 'meta.helm.sh/release-namespace': 'incidents' },
};

/** What Helm asks a Kubernetes before it renders: its version, its kinds, and the Secrets that templates look up. */
function kubernetesWith(secret: Record<string, string> | undefined): Server {
  const answers: Record<string, object> = {
    '/version': { major: '1', minor: '34', gitVersion: 'v1.34.0' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: Object.keys(RESOURCES)
        .filter((each) => each !== 'v1')
        .map((groupVersion) => {
          const [name, version] = groupVersion.split('/');
          return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
        }),
    },
    ...Object.fromEntries(
      Object.entries(RESOURCES).map(([groupVersion, resources]) => [
        groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`,
        {
          kind: 'APIResourceList',
          groupVersion,
          resources: resources.map(([name, kind]) => ({
            name,
            kind,
            namespaced: true,
            verbs: ['get', 'list'],
          })),
        },
      ]),
    ),
    ...(secret && {
      '/api/v1/namespaces/incidents/secrets/incidents': {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: OWNED_BY_THE_RELEASE,
        data: secret,
      },
    }),
  };
  return createServer((request, response) => {
    const answer = answers[request.url!.split('?')[0]!];
    response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(
      JSON.stringify(
        answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 },
      ),
    );
  });
}

describe('generated secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'charts-'));
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  /** The Secret of the chart as it would be applied to a Kubernetes that has this one. */
  async function renderedOn(
    current: Record<string, string> | undefined,
    values: object,
  ): Promise<Record<string, string>> {
    const server = kubernetesWith(current);
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const kubeconfig = join(folder, 'kubeconfig');
    const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const context = { cluster: 'kubernetes', user: 'nobody' };
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'test',
        clusters: [{ name: 'kubernetes', cluster }],
        contexts: [{ name: 'test', context }],
        users: [{ name: 'nobody', user: {} }],
      }),
    );
    const { output, error } = await helm(
      'template',
      ...argumentsOf('lookup', { values }, folder),
      '--dry-run=server',
      '--disable-openapi-validation',
      `--kubeconfig=${kubeconfig}`,
      '--show-only=templates/secret.yaml',
    );
    expect(error).toBe('');
    return Object.fromEntries(
      [...output.matchAll(/^ {2}(\w+): (\S+)$/gm)]
        .map(([, name, value]) => [name!, value!])
        .filter(([name]) => /^[A-Z_]+$/.test(name!)),
    );
  }

  const { values } = CASES['the database alone']!;
  const decoded = (value: string | undefined) => Buffer.from(value ?? '', 'base64').toString();

  it('are different in each installation', async () => {
    const first = await renderedOn(undefined, values);
    const second = await renderedOn(undefined, values);
    for (const name of ['X_ACCESS_KEY', 'SCRAPER_KEY', 'SIGNING_SECRET']) {
      expect(decoded(first[name])).toMatch(/^[A-Za-z0-9]{48}$/);
      expect(first[name]).not.toBe(second[name]);
    }
  });

  it('stay as they are in an upgrade', async () => {
    const first = await renderedOn(undefined, values);
    expect(await renderedOn(first, values)).toEqual(first);
  });

  it('give way to those of the values', async () => {
    const first = await renderedOn(undefined, values);
    const key = 'a-key-of-the-values';
    const upgraded = await renderedOn(first, { ...values, secrets: { values: { X_ACCESS_KEY: key } } });
    expect(upgraded).toEqual({ ...first, X_ACCESS_KEY: Buffer.from(key).toString('base64') });
  });
});

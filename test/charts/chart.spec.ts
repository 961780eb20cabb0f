import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BotConfig } from '../../src/chat/telegram/bot-config.js';
import { CliConfig, Config } from '../../src/config/config.js';
import { readConfig } from '../../src/config/read-config.js';
import { topicsOf } from '../../src/infrastructure/kafka/client-options.js';
import { CASES, REFUSED } from './cases.js';
import {
  argumentsOf,
  CHART,
  customResourceError,
  helm,
  type Manifest,
  type Validated,
  validated,
} from './rendering.js';

const folder = mkdtempSync(join(tmpdir(), 'charts-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Component = 'api' | 'worker' | 'bot' | 'migration';

/** The classes that read the variables of each component. */
const CONFIGS: Record<Component, new () => object> = {
  api: Config,
  worker: Config,
  bot: BotConfig,
  migration: CliConfig,
};

/** Variables that the service does not read itself: parts of URLs, and of Node. */
const OTHER_VARIABLES = new Set([
  'DATABASE_PASSWORD',
  'MIGRATION_DATABASE_PASSWORD',
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
]);

/** The time in which a process exits after SIGTERM: docs/operations.md. */
const SHUTDOWN_SECONDS = 25;

const EXAMPLES = ['deploy/kubernetes/postgresql.yaml', 'deploy/kubernetes/kafka.yaml'];
let checked: Validated;
let values: Manifest;
const errors: Record<string, string> = {};

const fileOf = (name: string) => join(folder, `${name.replaceAll(/\W+/g, '-')}.yaml`);
const manifestsOf = (name: string): Manifest[] => checked.documents[fileOf(name)]!;

beforeAll(async () => {
  for (const [name, each] of Object.entries(CASES)) {
    const { output, error } = await helm('template', ...argumentsOf(name, each, folder));
    if (error) errors[name] = error;
    writeFileSync(fileOf(name), output);
  }
  checked = validated([...Object.keys(CASES).map(fileOf), ...EXAMPLES, `${CHART}/values.yaml`]);
  values = checked.documents[`${CHART}/values.yaml`]![0];
});

describe('the chart', () => {
  it('passes helm lint --strict', async () => {
    const file = join(folder, 'lint.json');
    writeFileSync(file, JSON.stringify(CASES['everything']!.values));
    expect(await helm('lint', '--strict', CHART, `--values=${file}`)).toMatchObject({ error: '' });
  });

  it('renders all values that it should', () => expect(errors).toEqual({}));

  it('renders what Kubernetes accepts', () => {
    expect(checked.errors).toEqual([]);
    // These have schemas of their own, below, or are only read: no package has those of the last two groups.
    expect(new Set(checked.unknown.map((kind) => kind.split('/')[0]))).toEqual(
      new Set([
        'gateway.networking.k8s.io',
        'monitoring.coreos.com',
        'kafka.strimzi.io',
        'postgresql.cnpg.io',
      ]),
    );
  });

  it('renders what the operators of Prometheus and of gateways accept', async () => {
    const manifests = Object.keys(CASES).flatMap(manifestsOf);
    const custom = manifests.filter(({ apiVersion }) =>
      /^(monitoring\.coreos\.com|gateway\.)/.test(apiVersion),
    );
    expect(new Set(custom.map(({ kind }) => kind))).toEqual(
      new Set(['ServiceMonitor', 'PrometheusRule', 'HTTPRoute']),
    );
    expect((await Promise.all(custom.map(customResourceError))).filter(Boolean)).toEqual([]);
  });

  it.each(Object.entries(REFUSED))('refuses %s', async (name, [each, message]) => {
    const { output, error } = await helm(
      'template',
      ...argumentsOf(`refused ${name}`, { values: each }, folder),
    );
    expect({ output, error: error.replaceAll(/\s+/g, ' ') }).toEqual({
      output: '',
      error: expect.stringMatching(message),
    });
  });

  it('has the version of the service', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(readFileSync(`${CHART}/Chart.yaml`, 'utf8')).toMatch(new RegExp(`^appVersion: ${version}$`, 'm'));
  });

  it('runs as the user of the image, by its number', () => {
    const user = /^USER (\S+)$/m.exec(readFileSync('Dockerfile', 'utf8'))![1];
    expect(user).toBe(String(values.podSecurityContext.runAsUser));
  });
});

describe('values.schema.json', () => {
  const schema = JSON.parse(readFileSync(`${CHART}/values.schema.json`, 'utf8'));

  /** All schemas of objects whose properties are listed, with their paths. */
  const objectsIn = (each: Manifest, path: string): [string, Manifest][] => {
    if (typeof each !== 'object' || each === null) return [];
    const within = Object.entries(each).flatMap(([name, value]) => objectsIn(value, `${path}/${name}`));
    return each.properties && each.type ? [[path, each], ...within] : within;
  };

  it('rejects unknown values everywhere', () => {
    const open = objectsIn(schema, '').filter(
      ([, { additionalProperties }]) => additionalProperties !== false,
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });

  const leaves = (each: Manifest, path: string): [string, Manifest][] =>
    each.properties && each.default === undefined
      ? Object.entries(each.properties).flatMap(([name, property]) => leaves(property, `${path}.${name}`))
      : [[path.slice(1), each]];

  it('describes each value, and states the defaults of values.yaml', () => {
    const all = leaves(schema, '').filter(([path]) => !/^secrets\.refs\.\w+\./.test(path));
    expect(all.filter(([, { description }]) => !description)).toEqual([]);
    const stated = all.filter(([path]) => !/^(config|secrets\.values)\./.test(path) && path !== 'global');
    const valueAt = (path: string) => path.split('.').reduce((each, name) => each?.[name], values);
    expect(Object.fromEntries(stated.map(([path, each]) => [path, each.default]))).toEqual(
      Object.fromEntries(stated.map(([path]) => [path, valueAt(path)])),
    );
    const known = new Set(leaves(schema, '').map(([path]) => path));
    expect(
      Object.keys(values).filter((name) => ![...known].some((path) => path.split('.')[0] === name)),
    ).toEqual([]);
  });

  it('has all variables of the service but those that the chart sets', () => {
    const { config, secrets } = schema.properties;
    const settable = [config, secrets.properties.values].flatMap(({ properties }) => Object.keys(properties));
    const set =
      'NODE_ENV HOST PORT WORKER_HOST WORKER_PORT BOT_HOST BOT_PORT API_URL DATABASE_URL MIGRATION_DATABASE_URL';
    const useless = 'UPLOAD_DIR DATA_DIR PG_BIN';
    const all = new Set([...Object.keys(new Config()), ...Object.keys(new BotConfig())]);
    expect([...settable, ...set.split(' '), ...useless.split(' ')].toSorted()).toEqual([...all].toSorted());
  });
});

/** Workloads with the template of their pods. */
const podTemplatesOf = (manifests: readonly Manifest[]): { owner: Manifest; template: Manifest }[] =>
  manifests.flatMap((owner) => {
    if (owner.kind === 'Pod') return [{ owner, template: owner }];
    return owner.spec?.template?.spec ? [{ owner, template: owner.spec.template }] : [];
  });

const matches = (labels: Record<string, string> = {}, selector: Record<string, string>) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

const isHook = ({ metadata }: Manifest) => metadata.annotations?.['helm.sh/hook'] !== undefined;
const runsBeforeTheChart = ({ metadata }: Manifest) =>
  /pre-(install|upgrade)/.test(metadata.annotations?.['helm.sh/hook'] ?? '');
const weightOf = ({ metadata }: Manifest) => Number(metadata.annotations['helm.sh/hook-weight']);

/** The Secrets, ConfigMaps and keys that a pod cannot start without. */
function referencesOf(template: Manifest): { kind: string; name: string; key?: string }[] {
  const { containers, volumes = [], imagePullSecrets = [] } = template.spec;
  return [
    ...containers.flatMap(({ env = [] }: Manifest) =>
      env.flatMap(({ valueFrom }: Manifest) => {
        const ref = valueFrom?.secretKeyRef;
        return ref ? [{ kind: 'Secret', name: ref.name, key: ref.optional ? undefined : ref.key }] : [];
      }),
    ),
    ...volumes.flatMap(({ secret, configMap }: Manifest) => {
      if (secret) return [{ kind: 'Secret', name: secret.secretName }];
      return configMap ? [{ kind: 'ConfigMap', name: configMap.name }] : [];
    }),
    ...imagePullSecrets.map(({ name }: Manifest) => ({ kind: 'Secret', name })),
  ];
}

describe.each(Object.entries(CASES))('with %s', (name, { external = [] }) => {
  const all = () => manifestsOf(name);
  const ofKind = (kind: string) => all().filter((each) => each.kind === kind);
  const pods = () => podTemplatesOf(all());

  it('has each resource once, and no name that Kubernetes or DNS refuses', () => {
    const names = all().map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
    expect(all().filter(({ metadata }) => metadata.name.length > 63)).toEqual([]);
    expect(ofKind('Deployment')).not.toEqual([]);
  });

  it('has selectors that match pods, and never change', () => {
    const selectors = all().flatMap(({ kind, metadata, spec }) => {
      const found = kind === 'Service' ? spec.selector : (spec?.selector ?? spec?.podSelector)?.matchLabels;
      return found ? [{ owner: `${kind} ${metadata.name}`, kind, selector: found }] : [];
    });
    expect(selectors).not.toEqual([]);
    for (const { owner, kind, selector } of selectors) {
      expect([owner, Object.keys(selector).toSorted()]).toEqual([
        owner,
        ['app.kubernetes.io/component', 'app.kubernetes.io/instance', 'app.kubernetes.io/name'],
      ]);
      const targets = kind === 'ServiceMonitor' ? ofKind('Service') : pods().map(({ template }) => template);
      expect([owner, targets.filter(({ metadata }) => matches(metadata.labels, selector)).length]).toEqual([
        owner,
        1,
      ]);
    }
    for (const { spec } of ofKind('Deployment')) {
      expect(matches(spec.template.metadata.labels, spec.selector.matchLabels)).toBe(true);
      for (const { labelSelector } of spec.template.spec.topologySpreadConstraints ?? []) {
        expect(labelSelector.matchLabels).toEqual(spec.selector.matchLabels);
      }
    }
  });

  it('has ports that exist', () => {
    for (const { spec } of ofKind('Service')) {
      const { template } = pods().find((each) => matches(each.template.metadata.labels, spec.selector))!;
      const ports = template.spec.containers.flatMap((each: Manifest) =>
        each.ports.map((port: Manifest) => port.name),
      );
      for (const { targetPort } of spec.ports) expect(ports).toContain(targetPort);
    }
    const services = new Map(ofKind('Service').map(({ metadata, spec }) => [metadata.name, spec.ports[0]]));
    for (const { spec } of ofKind('Ingress')) {
      for (const { http } of spec.rules) {
        const { service } = http.paths[0].backend;
        expect(services.get(service.name)?.name).toBe(service.port.name);
      }
    }
    for (const { spec } of ofKind('HTTPRoute')) {
      const [{ name: service, port }] = spec.rules[0].backendRefs;
      expect(services.get(service)?.port).toBe(port);
    }
    for (const { spec } of ofKind('ServiceMonitor')) expect(spec.endpoints[0].port).toBe('http');
  });

  it('leaves the number of replicas to one of two', () => {
    const scaled = ofKind('HorizontalPodAutoscaler').map(({ spec }) => spec.scaleTargetRef.name);
    for (const { metadata, spec } of ofKind('Deployment')) {
      expect([metadata.name, spec.replicas !== undefined]).toEqual([
        metadata.name,
        !scaled.includes(metadata.name),
      ]);
    }
    const deployments = new Set(ofKind('Deployment').map(({ metadata }) => metadata.name));
    expect(scaled.filter((target) => !deployments.has(target))).toEqual([]);
  });

  it('lets nodes be drained', () => {
    for (const { spec } of ofKind('PodDisruptionBudget')) {
      expect(spec.minAvailable).toBeUndefined();
      expect(Number.parseInt(spec.maxUnavailable, 10)).toBeGreaterThan(0);
      expect(spec.unhealthyPodEvictionPolicy).toBe('AlwaysAllow');
    }
    // One pod of a bot: a budget for it would either block drains or do nothing.
    expect(ofKind('PodDisruptionBudget').filter(({ metadata }) => metadata.name.endsWith('-bot'))).toEqual(
      [],
    );
  });

  it('replaces pods without a gap, and never runs two bots', () => {
    for (const { metadata, spec } of ofKind('Deployment')) {
      if (metadata.labels['app.kubernetes.io/component'] === 'bot') {
        expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
      } else {
        expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      }
    }
  });

  it('gives each process the time to shut down', () => {
    for (const { spec } of ofKind('Deployment')) {
      const { terminationGracePeriodSeconds, containers } = spec.template.spec;
      const sleep = containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(sleep + SHUTDOWN_SECONDS);
    }
  });

  it('waits for a start as long as the process does, and probes routes that exist', () => {
    const routes = Object.keys(JSON.parse(readFileSync('docs/openapi.json', 'utf8')).paths);
    for (const { spec } of ofKind('Deployment')) {
      const [{ startupProbe, livenessProbe, readinessProbe, env }] = spec.template.spec.containers;
      const timeout = env.find(({ name }: Manifest) => name === 'DATABASE_STARTUP_TIMEOUT')?.value ?? 60;
      expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThan(Number(timeout));
      expect(startupProbe.httpGet.path).toBe('/health/live');
      // A restart does not bring a database back: only readiness includes it.
      expect(livenessProbe.httpGet.path).toBe('/health/live');
      expect(readinessProbe.httpGet.path).toBe('/health/ready');
      expect(routes).toEqual(expect.arrayContaining(['/health/live', '/health/ready', '/metrics']));
    }
  });

  it('keeps to the restricted Pod Security Standard, on a file system that is read only', () => {
    expect(pods()).not.toEqual([]);
    for (const { template } of pods()) {
      const { securityContext, containers, volumes = [], ...spec } = template.spec;
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec.automountServiceAccountToken).toBe(false);
      for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace']) {
        expect(spec[forbidden]).toBeUndefined();
      }
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          requests: expect.anything(),
          limits: { memory: expect.anything() },
        });
      }
      for (const { name: volume, ...source } of volumes) {
        expect([volume, Object.keys(source)]).toEqual([
          volume,
          [expect.stringMatching(/^(emptyDir|secret|configMap)$/)],
        ]);
      }
      const mounted = containers.flatMap((each: Manifest) =>
        (each.volumeMounts ?? []).map((mount: Manifest) => mount.name),
      );
      expect(mounted.toSorted()).toEqual(volumes.map((volume: Manifest) => volume.name).toSorted());
    }
  });

  it('uses no Secret, ConfigMap or ServiceAccount that does not exist when it is needed', () => {
    for (const { owner, template } of pods()) {
      // A hook runs before everything else of the chart: only other hooks, of less weight, are there.
      const there = runsBeforeTheChart(owner)
        ? all().filter((each) => runsBeforeTheChart(each) && weightOf(each) < weightOf(owner))
        : all().filter((each) => !isHook(each));
      const missing = referencesOf(template).filter(({ kind, name: wanted, key }) => {
        if (external.includes(wanted)) return false;
        const found = there.find((each) => each.kind === kind && each.metadata.name === wanted);
        return !found || (key !== undefined && found.data[key] === undefined);
      });
      expect([owner.metadata.name, missing]).toEqual([owner.metadata.name, []]);
      const account = template.spec.serviceAccountName ?? 'default';
      const accounts = there
        .filter(({ kind }) => kind === 'ServiceAccount')
        .map(({ metadata }) => metadata.name);
      expect(['default', ...accounts]).toContain(account);
    }
    for (const { spec } of ofKind('ServiceMonitor')) {
      const credentials = spec.endpoints[0].authorization?.credentials;
      if (!credentials || external.includes(credentials.name)) continue;
      const secret = ofKind('Secret').find(({ metadata }) => metadata.name === credentials.name);
      expect(secret?.data[credentials.key]).toBeDefined();
    }
  });

  it('gives each process variables that it reads, and with which it starts', () => {
    for (const { owner, template } of pods()) {
      const component = owner.metadata.labels['app.kubernetes.io/component'] as Component | 'test';
      if (component === 'test') continue;
      const [{ env, command }] = template.spec.containers;
      const names = env.map((each: Manifest) => each.name);
      expect(names).toEqual([...new Set(names)]);
      const known = Object.keys(new CONFIGS[component]());
      expect(names.filter((each: string) => !known.includes(each) && !OTHER_VARIABLES.has(each))).toEqual([]);
      const environment = environmentOf(env);
      expect(() => readConfig(CONFIGS[component], environment)).not.toThrow();
      const source = command
        .find((each: string) => each.startsWith('dist/'))
        .replace(/^dist\/(.*)\.js$/, '$1.ts');
      expect([source, existsSync(source)]).toEqual([source, true]);
    }
  });

  it('shows the URL of the owner to the migration job alone', () => {
    const deployments = ofKind('Deployment')
      .map((each) => JSON.stringify(each))
      .join('');
    expect(deployments).not.toContain('MIGRATION_DATABASE_URL');
    const bots = ofKind('Deployment').filter(({ metadata }) => metadata.name.endsWith('-bot'));
    expect(JSON.stringify(bots)).not.toMatch(/DATABASE_URL|X_ACCESS_KEY/);
    for (const { metadata, data } of ofKind('Secret').filter((each) => !isHook(each))) {
      expect([metadata.name, Object.keys(data)]).toEqual([
        metadata.name,
        expect.not.arrayContaining(['MIGRATION_DATABASE_URL']),
      ]);
    }
  });

  it('names its metrics as the rules do, and has no other rules', () => {
    const rules = readFileSync('monitoring/alerts.yml', 'utf8');
    const jobs = ofKind('ServiceMonitor').map(({ spec }) => spec.endpoints[0].relabelings[0].replacement);
    for (const job of jobs) expect(rules).toMatch(new RegExp(`job="${job}"|[|"]${job}[|"]`));
    expect(new Set(jobs).size).toBe(jobs.length);
    expect(readFileSync(`${CHART}/files/alerts.yml`, 'utf8')).toBe(rules);
    const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, alert]) => alert);
    for (const { spec } of ofKind('PrometheusRule')) {
      expect(spec.groups[0].rules.map(({ alert }: Manifest) => alert)).toEqual(alerts);
      expect(JSON.stringify(spec)).toContain('{{ $labels.job }}');
    }
    const dashboard = readFileSync('monitoring/grafana/dashboards/incidents.json', 'utf8');
    expect(readFileSync(`${CHART}/files/dashboard.json`, 'utf8')).toBe(dashboard);
    for (const { data } of ofKind('ConfigMap')) {
      const expected = JSON.parse(dashboard.replaceAll('"incidents-prometheus"', '"prometheus"'));
      expect(JSON.parse(data['incidents.json'])).toEqual(expected);
    }
  });

  it('has notes with commands for names that exist', async () => {
    const { output, error } = await helm(
      'install',
      '--dry-run=client',
      ...argumentsOf(name, CASES[name]!, folder),
    );
    expect(error.replaceAll(/^level=WARN.*$|^WARNING:.*$/gm, '').trim()).toBe('');
    const notes = output.split('\nNOTES:\n')[1]!;
    const [, kind, target] = /rollout status (deployment)\/(\S+)/.exec(notes)!;
    expect([kind, ofKind('Deployment').map(({ metadata }) => metadata.name)]).toEqual([
      'deployment',
      expect.arrayContaining([target]),
    ]);
    expect(notes).toMatch(/PostgreSQL must allow \d+ connections/);
    expect(notes).not.toMatch(/<no value>|%!|nil/);
  });
});

/** The environment of a container, with a valid value for each secret. */
function environmentOf(env: readonly Manifest[]): Record<string, string> {
  const authority = join(folder, 'ca.crt');
  writeFileSync(authority, '');
  const secret: Record<string, string> = {
    DATABASE_URL: 'postgres://a:b@db/incidents',
    MIGRATION_DATABASE_URL: 'postgres://a:b@db/incidents',
    REDIS_URL: 'redis://redis',
    TELEGRAM_BOT_TOKEN: '1:token',
  };
  const texts: Record<string, string> = Object.fromEntries(
    env.map(({ name, value }) => [name, value ?? secret[name] ?? 'a-secret-of-more-than-32-characters']),
  );
  const expanded = Object.entries(texts).map(([name, value]) => [
    name,
    value
      .replaceAll(/\$\((\w+)\)/g, (_: string, other: string) => texts[other]!)
      .replaceAll('/etc/incidents/database/ca.crt', authority),
  ]);
  // The image sets the mode.
  return { NODE_ENV: 'production', ...Object.fromEntries(expanded) };
}

describe('numbers', () => {
  const envOf = (name: string) =>
    manifestsOf('everything').find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)
      .spec.template.spec.containers[0].env;

  it('stay whole, however large', () => {
    expect(envOf('incidents-api')).toContainEqual({ name: 'RATE_LIMIT', value: '1000000' });
    expect(envOf('incidents-bot')).toContainEqual({ name: 'TELEGRAM_CHAT_ID', value: '-1001234567890' });
  });
});

describe('deploy/kubernetes', () => {
  const ofKind = (file: string, kind: string) =>
    checked.documents[`deploy/kubernetes/${file}`]!.filter((each) => each.kind === kind);
  const workload = (name: string) =>
    podTemplatesOf(manifestsOf('CloudNativePG and Strimzi')).find(
      ({ owner }) => owner.metadata.name === name,
    )!.owner;
  const job = () => workload('incidents-migration');
  const worker = () => workload('incidents-worker');
  const variable = (owner: Manifest, name: string) =>
    owner.spec.template.spec.containers[0].env.find((each: Manifest) => each.name === name);

  it('has the roles, the database and the passwords that the values name', () => {
    const [{ metadata, spec }] = ofKind('postgresql.yaml', 'Cluster') as [Manifest];
    const { database, owner } = spec.bootstrap.initdb;
    const [role] = spec.managed.roles;
    const at = `@${metadata.name}-rw:5432/${database}?`;
    expect(variable(job(), 'DATABASE_URL').value).toContain(`//${role.name}:$(DATABASE_PASSWORD)${at}`);
    expect(variable(job(), 'DATABASE_PASSWORD').valueFrom.secretKeyRef.name).toBe(role.passwordSecret.name);
    expect(variable(job(), 'MIGRATION_DATABASE_URL').value).toContain(
      `//${owner}:$(MIGRATION_DATABASE_PASSWORD)${at}`,
    );
    expect(variable(job(), 'MIGRATION_DATABASE_PASSWORD').valueFrom.secretKeyRef.name).toBe(
      `${metadata.name}-app`,
    );
    expect(spec.postgresql.synchronous).toMatchObject({ number: 1, dataDurability: 'required' });
  });

  it('allows as many connections as the processes open', async () => {
    const name = 'CloudNativePG and Strimzi';
    const { output } = await helm('install', '--dry-run=client', ...argumentsOf(name, CASES[name]!, folder));
    const needed = Number(/must allow (\d+) connections/.exec(output)![1]);
    const [{ spec }] = ofKind('postgresql.yaml', 'Cluster') as [Manifest];
    // Two for migrations, three that PostgreSQL reserves, and some for the operator.
    expect(Number(spec.postgresql.parameters.max_connections)).toBeGreaterThan(needed + 15);
  });

  it('has the topics of the service, and a user that may use them', () => {
    const [{ metadata: cluster }] = ofKind('kafka.yaml', 'Kafka') as [Manifest];
    expect(variable(worker(), 'KAFKA_BROKERS').value).toBe(`${cluster.name}-kafka-bootstrap:9093`);
    const config = new Config();
    const topics = Object.values(topicsOf(config));
    expect(new Set(ofKind('kafka.yaml', 'KafkaTopic').map(({ metadata }) => metadata.name))).toEqual(
      new Set(topics),
    );
    for (const { spec } of ofKind('kafka.yaml', 'KafkaTopic')) expect(spec.replicas).toBe(3);
    const [user] = ofKind('kafka.yaml', 'KafkaUser') as [Manifest];
    expect(variable(worker(), 'KAFKA_USERNAME').value).toBe(user.metadata.name);
    expect(variable(worker(), 'KAFKA_PASSWORD').valueFrom.secretKeyRef).toEqual({
      name: user.metadata.name,
      key: 'password',
    });
    const allowed = user.spec.authorization.acls.map(
      ({ resource }: Manifest) => `${resource.type} ${resource.name}`,
    );
    expect(allowed.toSorted()).toEqual(
      [...topics.map((topic) => `topic ${topic}`), `group ${config.KAFKA_GROUP}`].toSorted(),
    );
  });
});

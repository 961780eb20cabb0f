/** Values to render, each with what it covers. */
export interface Case {
  readonly values: object;
  readonly files?: readonly string[];
  /** Secrets and ConfigMaps that the values name: somebody else creates them. */
  readonly external?: readonly string[];
  readonly release?: string;
}

const url = 'postgres://incidents:secret@db:5432/incidents';
const database = { url };
const kafka = { KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092' };
const telegram = { TELEGRAM_CHAT_ID: -1001234567890 };
const botSecrets = { API_KEY: 'inc_1_key', TELEGRAM_BOT_TOKEN: '1:token' };
const s3 = { S3_BUCKET_URL: 'https://s3.example/incidents', S3_REGION: 'eu-central-1' };
const autoscaling = { enabled: true, minReplicas: 3, maxReplicas: 8 };
const namespace = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateway' } } };

const everything = {
  database: {
    ...database,
    migrationUrl: 'postgres://owner:secret@db/incidents',
    caSecret: { name: 'db-ca' },
  },
  config: {
    ...kafka,
    ...telegram,
    ...s3,
    RATE_LIMIT: 1_000_000,
    LOG_LEVEL: 'debug',
    TRUSTED_PROXIES: '10.0.0.0/8',
  },
  secrets: {
    values: {
      ...botSecrets,
      S3_ACCESS_KEY_ID: 'id',
      S3_SECRET_ACCESS_KEY: 'secret',
      REDIS_URL: 'redis://redis:6379',
    },
  },
  trustedCertificates: { configMap: 'authorities' },
  api: { autoscaling, extraEnv: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=384' }] },
  worker: { enabled: true, autoscaling },
  bot: { enabled: true },
  ingress: {
    enabled: true,
    className: 'nginx',
    annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '25m' },
    hosts: ['incidents.example'],
    tls: [{ hosts: ['incidents.example'], secretName: 'tls' }],
  },
  httpRoute: {
    enabled: true,
    parentRefs: [{ name: 'gateway', namespace: 'gateways', sectionName: 'https' }],
    hostnames: ['incidents.example'],
    timeouts: { request: '0s' },
  },
  networkPolicy: {
    api: [namespace],
    metrics: [namespace],
    egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 5432, protocol: 'TCP' }] }],
  },
  metrics: {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
  },
  grafanaDashboard: { enabled: true, annotations: { grafana_folder: 'Incidents' } },
  podLabels: { team: 'support' },
  podAnnotations: { 'example.org/reason': 'test' },
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
  priorityClassName: 'high',
};

export const CASES: Readonly<Record<string, Case>> = {
  'the database alone': { values: { database } },
  'another release': { values: { database }, release: 'production' },
  'a long name': { values: { database }, release: 'a-release-whose-name-is-as-long-as-helm-allows-it-to' },
  everything: { values: everything, external: ['db-ca', 'authorities', 'tls'] },
  'CloudNativePG and Strimzi': {
    values: {},
    files: ['deploy/kubernetes/values.yaml'],
    // Their operators create all but the first, which the README of that folder creates.
    external: [
      'incidents-db-service',
      'incidents-db-app',
      'incidents-db-ca',
      'incidents-service',
      'incidents-kafka-cluster-ca-cert',
    ],
  },
  'existing Secrets': {
    values: {
      ...everything,
      database: {
        urlSecret: { name: 'db', key: 'uri' },
        migrationUrlSecret: { name: 'db-owner', key: 'uri' },
      },
      secrets: {
        existingSecret: 'incidents-secrets',
        refs: { KAFKA_PASSWORD: { name: 'kafka-user', key: 'password' } },
      },
      config: { ...everything.config, KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_USERNAME: 'incidents' },
      trustedCertificates: { secret: 'authorities-secret', key: 'all.pem' },
    },
    external: ['db', 'db-owner', 'incidents-secrets', 'kafka-user', 'authorities-secret', 'tls'],
  },
  'an existing Secret and a URL': {
    values: { database, secrets: { existingSecret: 'incidents-secrets' } },
    external: ['incidents-secrets'],
  },
  'all secrets in values': {
    values: {
      database,
      secrets: {
        values: { X_ACCESS_KEY: 'k'.repeat(32), SCRAPER_KEY: 's'.repeat(32), SIGNING_SECRET: 't'.repeat(32) },
      },
    },
  },
  'a worker': { values: { database, config: kafka, worker: { enabled: true, replicas: 3 } } },
  'a bot': {
    values: { database, config: telegram, secrets: { values: botSecrets }, bot: { enabled: true } },
  },
  'a bot that reports through Kafka': {
    values: {
      database,
      config: { ...kafka, ...telegram, BOT_REPORT_TRANSPORT: 'kafka', BOT_LANGUAGE: 'en' },
      secrets: { values: botSecrets },
      worker: { enabled: true },
      bot: { enabled: true, apiUrl: 'https://incidents.example' },
    },
  },
  autoscaling: { values: { database, api: { autoscaling } } },
  'one replica': {
    values: { database, api: { replicas: 1, podDisruptionBudget: { maxUnavailable: '50%' } } },
  },
  'an Ingress': { values: { database, ingress: { enabled: true, hosts: ['a.example', 'b.example'] } } },
  'a Gateway': { values: { database, httpRoute: { enabled: true, parentRefs: [{ name: 'gateway' }] } } },
  'files in S3': {
    values: {
      database,
      config: s3,
      secrets: { values: { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' } },
    },
  },
  Redis: { values: { database, secrets: { values: { REDIS_URL: 'rediss://:secret@redis:6380' } } } },
  'several api processes in a pod': {
    values: { database, config: { API_PROCESSES: 4, UPLOAD_DISK_MIB: 512 } },
  },
  'no migration job': { values: { database, migration: { enabled: false } } },
  'nothing optional': {
    values: {
      database,
      networkPolicy: { enabled: false },
      serviceAccount: { create: false },
      api: { podDisruptionBudget: { enabled: false }, preStopSeconds: 0 },
      topologySpread: [],
    },
  },
  OpenShift: {
    values: { database, podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } },
  },
  'an image by its digest, from a registry with credentials': {
    values: {
      database,
      image: {
        repository: 'registry.example/incidents',
        digest: `sha256:${'0'.repeat(64)}`,
        pullSecrets: ['registry'],
      },
    },
    external: ['registry'],
  },
  'names of its own': { values: { database, nameOverride: 'register', fullnameOverride: 'register' } },
};

/** Values that are refused, with what the message says. */
export const REFUSED: Readonly<Record<string, readonly [values: object, message: RegExp]>> = {
  'no database': [{}, /set database\.url to the URL of a PostgreSQL/],
  'a typo at the top': [{ database, ingres: {} }, /ingres/],
  'a typo within': [{ database, ingress: { enable: true } }, /enable/],
  'a typo in a variable': [{ database, config: { RATE_LIMITS: 5 } }, /RATE_LIMITS/],
  'a typo in a secret': [{ database, secrets: { values: { X_ACCES_KEY: 'x' } } }, /X_ACCES_KEY/],
  'a secret among the other variables': [{ database, config: { X_ACCESS_KEY: 'x' } }, /X_ACCESS_KEY/],
  'a number that the service would refuse': [{ database, config: { API_PROCESSES: 65 } }, /API_PROCESSES/],
  'a word that the service would refuse': [{ database, config: { LOG_LEVEL: 'loud' } }, /LOG_LEVEL/],
  'a number in quotes': [{ database, config: { RATE_LIMIT: '600' } }, /RATE_LIMIT/],
  'a PodDisruptionBudget that blocks every drain': [
    { database, api: { podDisruptionBudget: { maxUnavailable: 0 } } },
    /maxUnavailable/,
  ],
  'a PodDisruptionBudget of no percent': [
    { database, api: { podDisruptionBudget: { maxUnavailable: '0%' } } },
    /maxUnavailable/,
  ],
  'minAvailable of a PodDisruptionBudget': [
    { database, api: { podDisruptionBudget: { minAvailable: 1 } } },
    /minAvailable/,
  ],
  'pods that run as root': [{ database, podSecurityContext: { runAsNonRoot: false } }, /runAsNonRoot/],
  'several bots': [{ database, bot: { replicas: 2 } }, /replicas/],
  'two URLs': [
    { database: { url, urlSecret: { name: 'db' } } },
    /either database\.url or database\.urlSecret/,
  ],
  'a password without a place in the URL': [
    { database: { url, passwordSecret: { name: 'db' } } },
    /\$\(DATABASE_PASSWORD\) in database\.url belong together/,
  ],
  'a place for a password that is not there': [
    { database: { url: 'postgres://a:$(DATABASE_PASSWORD)@db/incidents' } },
    /\$\(DATABASE_PASSWORD\) in database\.url belong together/,
  ],
  'an owner without a job': [
    { database: { url, migrationUrl: url }, migration: { enabled: false } },
    /set migration\.enabled/,
  ],
  'secrets twice': [
    { database, secrets: { existingSecret: 'a', values: { SCRAPER_KEY: 's'.repeat(16) } } },
    /either secrets\.existingSecret or secrets\.values/,
  ],
  'a worker without Kafka': [
    { database, worker: { enabled: true } },
    /worker\.enabled needs config\.KAFKA_BROKERS/,
  ],
  'SASL without a password': [
    { database, config: { ...kafka, KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_USERNAME: 'a' } },
    /KAFKA_PASSWORD in secrets/,
  ],
  'S3 without a key': [{ database, config: s3 }, /needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY/],
  'a bot without a chat': [
    { database, bot: { enabled: true }, secrets: { values: botSecrets } },
    /bot\.enabled needs config\.TELEGRAM_CHAT_ID/,
  ],
  'a bot without keys': [
    { database, bot: { enabled: true }, config: telegram },
    /bot\.enabled needs API_KEY and TELEGRAM_BOT_TOKEN/,
  ],
  'a bot that reports through Kafka without a worker': [
    {
      database,
      bot: { enabled: true },
      config: { ...telegram, ...kafka, BOT_REPORT_TRANSPORT: 'kafka' },
      secrets: { values: botSecrets },
    },
    /BOT_REPORT_TRANSPORT kafka needs worker\.enabled/,
  ],
  'more replicas at least than at most': [
    { database, api: { autoscaling: { enabled: true, minReplicas: 9, maxReplicas: 3 } } },
    /minReplicas must not exceed/,
  ],
  'an Ingress without a host': [
    { database, ingress: { enabled: true } },
    /ingress\.enabled needs ingress\.hosts/,
  ],
  'a route without a Gateway': [{ database, httpRoute: { enabled: true } }, /needs httpRoute\.parentRefs/],
};

import { CliConfig, Config } from '../../src/config/config.js';
import { type InvalidConfig, readConfig } from '../../src/config/read-config.js';

const errorsOf = (environment: Record<string, string>) => {
  try {
    readConfig(Config, environment);
    return [];
  } catch (error) {
    return (error as InvalidConfig).validationErrors;
  }
};

const KEY = 'sixteen-or-more-characters';

describe('readConfig', () => {
  it('has a default for every variable in development', () => {
    expect(readConfig(Config, {})).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8000,
      X_ACCESS_KEY: 'key',
      DATA_DIR: '.data',
    });
  });

  it('parses numbers and treats an empty variable as absent', () => {
    expect(readConfig(Config, { PORT: '9000', DATABASE_URL: '', LOG_FORMAT: '' })).toMatchObject({
      PORT: 9000,
    });
  });

  it.each([
    ['x', /integer/],
    ['1.5', /integer/],
    ['-1', /less than 0/],
    ['70000', /greater than 65535/],
  ])('says why PORT cannot be %s', (PORT, reason) =>
    expect(errorsOf({ PORT })).toEqual([expect.stringMatching(reason)]),
  );

  it('reports every invalid variable, without its secret', () => {
    const wrong = {
      PORT: '80a',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://secret@x/y',
      SHUTDOWN_DELAY: '-1',
    };
    expect(errorsOf(wrong)).toEqual([
      expect.stringMatching(/^PORT must/),
      expect.stringMatching(/^DATABASE_URL must be a URL such as/),
      expect.stringMatching(/^SHUTDOWN_DELAY must/),
      expect.stringMatching(/^LOG_LEVEL must/),
    ]);
    expect(errorsOf(wrong).join()).not.toContain('secret');
  });

  it.each([
    ['in production without a key', { NODE_ENV: 'production' }],
    ['in production with the development key', { NODE_ENV: 'production', X_ACCESS_KEY: 'key' }],
    ['in production with a short key', { NODE_ENV: 'production', X_ACCESS_KEY: 'fifteen-letters' }],
    ['on a network address with the development key', { HOST: '0.0.0.0' }],
    ['with a short key', { X_ACCESS_KEY: 'short' }],
    ['with a key that a header cannot carry', { X_ACCESS_KEY: 'ключ от всех дверей сразу' }],
  ])('rejects a start %s', (_, environment) => {
    expect(errorsOf(environment)).toEqual([expect.stringMatching(/^X_ACCESS_KEY must/)]);
  });

  it.each([
    ['a worker on a network address with the development key', 'X_ACCESS_KEY', { WORKER_HOST: '0.0.0.0' }],
    ['a broker without a port', 'KAFKA_BROKERS', { KAFKA_BROKERS: 'kafka' }],
    ['the URL of a broker', 'KAFKA_BROKERS', { KAFKA_BROKERS: 'kafka://kafka:9092' }],
    ['a topic prefix that Kafka does not allow', 'KAFKA_TOPIC_PREFIX', { KAFKA_TOPIC_PREFIX: 'a b' }],
    [
      'a Kafka user without a password',
      'KAFKA_PASSWORD',
      { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_USERNAME: 'a' },
    ],
  ])('rejects %s', (_, name, environment) => {
    expect(errorsOf(environment)).toEqual([expect.stringMatching(new RegExp(`^${name} must`))]);
  });

  it.each(['kafka:9092', 'a.example:9092,b.example:9093', '[::1]:9092'])(
    'accepts the brokers %s',
    (brokers) => {
      expect(errorsOf({ KAFKA_BROKERS: brokers })).toEqual([]);
    },
  );

  it('accepts a long key in production', () => {
    expect(errorsOf({ NODE_ENV: 'production', HOST: '0.0.0.0', X_ACCESS_KEY: KEY })).toEqual([]);
  });

  it.each([
    'postgres://u:p@db:5432/incidents',
    'postgresql://db/incidents?sslmode=require',
    'postgres://u@/incidents?host=/run/postgresql',
    'postgres://db/incidents?sslmode=verify-full',
    'postgres://u:p@a:5432,b:5433/incidents?target_session_attrs=read-write',
  ])('accepts the database %s', (DATABASE_URL) => expect(errorsOf({ DATABASE_URL })).toEqual([]));

  it.each([
    'incidents',
    'http://db/incidents',
    'postgres://db',
    'postgres://db/',
    'postgres://db/x?sslmode=prefer',
    'postgres://a,b:5433',
    'postgres://a,/x',
    'postgres:///x?host=a,b',
    'postgres://a,b/x?target_session_attrs=standby',
    'postgres://db/x?sslmode=verify-ca',
    'postgres://db/x?sslmode=verify-ca&sslrootcert=/no/such/file',
  ])('rejects the database %s', (DATABASE_URL) =>
    expect(errorsOf({ DATABASE_URL })).toEqual([expect.stringMatching(/^DATABASE_URL (must|cannot)/)]),
  );

  it.each(['http://incidents.example', 'https://incidents.example:8443/register/'])(
    'has the PUBLIC_URL %s',
    (url) => {
      expect(readConfig(Config, { PUBLIC_URL: url }).PUBLIC_URL).toBe(url);
    },
  );

  it.each([
    'incidents.example',
    'ftp://incidents.example',
    'https://a:b@incidents.example',
    'https://a/?b',
    'https://a/#b',
  ])('rejects the PUBLIC_URL %s', (url) =>
    expect(errorsOf({ PUBLIC_URL: url })).toEqual([expect.stringMatching(/^PUBLIC_URL must be a URL/)]),
  );

  describe('encrypts secrets of keys under', () => {
    const [SIGNING_SECRET, DATABASE_URL] = ['s'.repeat(32), 'postgres://a/b'];

    it.each<[string, typeof Config, Record<string, string>, string | undefined]>([
      ['SIGNING_SECRET', Config, { SIGNING_SECRET, X_ACCESS_KEY: KEY }, SIGNING_SECRET],
      ['X_ACCESS_KEY without it', Config, { X_ACCESS_KEY: KEY }, KEY],
      ['the development key in development', Config, {}, 'key'],
      ['SIGNING_SECRET in a command', CliConfig, { SIGNING_SECRET, DATABASE_URL }, SIGNING_SECRET],
      ['X_ACCESS_KEY in a command', CliConfig, { X_ACCESS_KEY: KEY, DATABASE_URL }, KEY],
      ['the development key in a command, for the embedded database', CliConfig, {}, 'key'],
      [
        'nothing in a command that does not know the key of the service',
        CliConfig,
        { DATABASE_URL },
        undefined,
      ],
      ['nothing in a command in production without a key', CliConfig, { NODE_ENV: 'production' }, undefined],
    ])('%s', (_, type, environment, expected) => {
      expect(readConfig(type, environment).sealingSecret).toBe(expected);
    });

    it('no short SIGNING_SECRET', () => {
      expect(errorsOf({ SIGNING_SECRET: 's'.repeat(31) })).toEqual([
        expect.stringMatching(/^SIGNING_SECRET must/),
      ]);
    });
  });
});

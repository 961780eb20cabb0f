import { readConfig } from '../../src/config/config.js';
import type { InvalidConfig } from '../../src/config/environment.js';

const problems = (environment: Record<string, string>) => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return (error as InvalidConfig).problems;
  }
};

const KEY = 'sixteen-or-more-characters';

describe('the configuration', () => {
  it('needs nothing for development', () => {
    expect(readConfig({})).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8000,
      X_ACCESS_KEY: 'key',
      DATA_DIR: '.data',
    });
  });

  it('reads numbers, and takes an empty variable for an absent one', () => {
    expect(readConfig({ PORT: '9000', DATABASE_URL: '', LOG_FORMAT: '' })).toMatchObject({ PORT: 9000 });
  });

  it('names all that is wrong, one line each', () => {
    const wrong = {
      PORT: '80a',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://secret@x/y',
      SHUTDOWN_DELAY: '-1',
    };
    expect(problems(wrong)).toEqual([
      expect.stringMatching(/^PORT must/),
      expect.stringMatching(/^DATABASE_URL must be a URL such as/),
      expect.stringMatching(/^SHUTDOWN_DELAY must/),
      expect.stringMatching(/^LOG_LEVEL must/),
    ]);
    expect(problems(wrong).join()).not.toContain('secret');
  });

  it.each([
    ['in production without a key', { NODE_ENV: 'production' }],
    ['in production with the key of development', { NODE_ENV: 'production', X_ACCESS_KEY: 'key' }],
    ['in production with a short key', { NODE_ENV: 'production', X_ACCESS_KEY: 'fifteen-letters' }],
    ['open to the network with the key of development', { HOST: '0.0.0.0' }],
    ['with a key of its own that is short', { X_ACCESS_KEY: 'short' }],
    ['with a key that no header can carry', { X_ACCESS_KEY: 'ключ от всех дверей сразу' }],
  ])('does not start %s', (_, environment) => {
    expect(problems(environment)).toEqual([expect.stringMatching(/^X_ACCESS_KEY must/)]);
  });

  it.each([
    ['a worker open to the network with the key of development', 'X_ACCESS_KEY', { WORKER_HOST: '0.0.0.0' }],
    ['a broker without a port', 'KAFKA_BROKERS', { KAFKA_BROKERS: 'kafka' }],
    ['a broker by a URL', 'KAFKA_BROKERS', { KAFKA_BROKERS: 'kafka://kafka:9092' }],
    ['topics that Kafka has no names for', 'KAFKA_TOPIC_PREFIX', { KAFKA_TOPIC_PREFIX: 'a b' }],
    [
      'a user of Kafka without a password',
      'KAFKA_PASSWORD',
      { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_USERNAME: 'a' },
    ],
  ])('does not take %s', (_, name, environment) => {
    expect(problems(environment)).toEqual([expect.stringMatching(new RegExp(`^${name} must`))]);
  });

  it.each(['kafka:9092', 'a.example:9092,b.example:9093', '[::1]:9092'])(
    'takes the brokers %s',
    (brokers) => {
      expect(problems({ KAFKA_BROKERS: brokers })).toEqual([]);
    },
  );

  it('starts in production with a long key', () => {
    expect(problems({ NODE_ENV: 'production', HOST: '0.0.0.0', X_ACCESS_KEY: KEY })).toEqual([]);
  });

  it.each([
    'postgres://u:p@db:5432/incidents',
    'postgresql://db/incidents?sslmode=require',
    'postgres://u@/incidents?host=/run/postgresql',
    'postgres://db/incidents?sslmode=verify-full',
    'postgres://u:p@a:5432,b:5433/incidents?target_session_attrs=read-write',
  ])('takes the database %s', (DATABASE_URL) => expect(problems({ DATABASE_URL })).toEqual([]));

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
  ])('does not take the database %s', (DATABASE_URL) =>
    expect(problems({ DATABASE_URL })).toEqual([expect.stringMatching(/^DATABASE_URL (must|cannot)/)]),
  );
});

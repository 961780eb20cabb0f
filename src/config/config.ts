import { applyDecorators } from '@nestjs/common';
import { IsIn, IsNotEmpty, IsOptional, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { IsProxyList } from './is-proxy-list.js';
import { IsPostgresUrl } from './is-postgres-url.js';
import { IsPublicUrl } from './is-public-url.js';
import { KafkaConfig } from './kafka-config.js';
import { IntegerBetween, ListenerPort } from './rules.js';

/** The default key in development; the service accepts it on the loopback address only. */
export const DEVELOPMENT_KEY = 'key';

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost']);

/** A key that a header can carry, and that cannot be mistaken for one of the database. */
function IsEnvironmentKey(): PropertyDecorator {
  return applyDecorators(
    MaxLength(256),
    Matches(/^[\x21-\x7e]+$/, {
      message: '$property must consist of visible ASCII characters, without spaces',
    }),
    Matches(/^(?!inc_)/, { message: '$property must not begin with inc_, as keys in the database do' }),
  );
}

/** The variables of the api and the worker; `.env.example` explains each. */
export class Config extends KafkaConfig {
  /**
   * The address on which the api listens. Any but the loopback address needs `X_ACCESS_KEY`, and should have
   * TLS in front of it.
   */
  @IsNotEmpty()
  readonly HOST: string = '127.0.0.1';

  /** The port on which the api listens; 0 lets the system choose. */
  @ListenerPort()
  readonly PORT: number = 8000;

  /**
   * A PostgreSQL database, versions 14 to 18. Without it, the service runs an embedded PostgreSQL 18.
   * `sslmode` takes `disable`, `require`, `verify-ca` and `verify-full`, with the meaning that `psql` gives
   * them. Several servers are allowed: see *High availability* in the operations guide.
   */
  @IsOptional()
  @IsPostgresUrl()
  readonly DATABASE_URL: string | undefined = undefined;

  /**
   * The same database as the owner of the tables, where the role of `DATABASE_URL` may not change them; see
   * *Least privilege* in the operations guide. Without it, migrations use `DATABASE_URL`.
   */
  @IsOptional()
  @IsPostgresUrl()
  readonly MIGRATION_DATABASE_URL: string | undefined = undefined;

  /**
   * Api processes behind the one port, for machines with more cores than one process can use. Each has its
   * own pool of connections.
   */
  @IntegerBetween(1, 64)
  readonly API_PROCESSES: number = 1;

  /** Seconds to wait for the database at startup. */
  @IntegerBetween(0, 3600)
  readonly DATABASE_STARTUP_TIMEOUT: number = 60;

  /**
   * Connections that serve requests, for each process. Each process opens one more for its probes and up to two for readers of
   * the event feed, and each api process up to two more for searches, two
   * to store and two to read attachments, one to import, and one for statistics.
   */
  @IntegerBetween(1, 1000)
  readonly DATABASE_POOL_SIZE: number = 10;

  /** Days for which a request with an `Idempotency-Key` is remembered. */
  @IntegerBetween(1, 365)
  readonly IDEMPOTENCY_RETENTION_DAYS: number = 7;

  /** Requests, lines of streams and alerts that each access key may send in a minute; 0 disables the limit. */
  @IntegerBetween(0, 1_000_000)
  readonly RATE_LIMIT: number = 0;

  /** Client connections that each process accepts; each costs memory, even an idle one. Further connections are reset. */
  @IntegerBetween(10, 100_000)
  readonly MAX_CONNECTIONS: number = 10_000;

  /**
   * Requests of one access key in flight, for each process. Further requests are answered 429, or 503 on
   * routes that accept reports.
   */
  @IntegerBetween(10, 100_000)
  readonly MAX_CONCURRENT_REQUESTS_PER_KEY: number = 1_000;

  /** Size of a webhook's body after decompression, in MiB. `max_alerts` in Alertmanager keeps notifications below it. */
  @IntegerBetween(1, 16)
  readonly MAX_WEBHOOK_BODY_MIB: number = 4;

  /** Pending messages that the quarantine holds for each channel. Past the quota, further ones are answered 503. */
  @IntegerBetween(100, 10_000_000)
  readonly QUARANTINE_MAX_ROWS: number = 10_000;

  /**
   * Size of the pending messages that the quarantine holds for each channel, in MiB. Past the quota, further
   * ones are answered 503.
   */
  @IntegerBetween(16, 1_000_000)
  readonly QUARANTINE_MAX_MIB: number = 256;

  /** Days for which the quarantine keeps messages that were retried or dismissed. */
  @IntegerBetween(1, 3650)
  readonly QUARANTINE_RETENTION_DAYS: number = 30;

  /** Size of the files that each access key may attach on a day in UTC, in MiB; 0 disables the limit. */
  @IntegerBetween(0, 1_000_000)
  readonly ATTACHMENTS_DAILY_MIB: number = 2_048;

  /**
   * Whether JPEG, PNG and WebP images keep what they say about the camera and the place. By default, it is removed before they are
   * stored.
   */
  @IsIn(['true', 'false'])
  readonly KEEP_IMAGE_METADATA: 'true' | 'false' = 'false';

  /** The directory of files that are being received; by default, that of the system. They have no names, and end with the process. */
  @IsOptional()
  @IsNotEmpty()
  readonly UPLOAD_DIR: string | undefined = undefined;

  /** Size of the files that each process receives at once, in MiB of `UPLOAD_DIR`. Beyond it, the largest is answered 503. */
  @IntegerBetween(64, 1_000_000)
  readonly UPLOAD_DISK_MIB: number = 2_048;

  /**
   * The URL of the bucket that stores the bytes of new files, such as `https://s3.eu-central-1.amazonaws.com/incidents`. Without it,
   * the database stores them.
   */
  @IsOptional()
  @IsPublicUrl()
  readonly S3_BUCKET_URL: string | undefined = undefined;

  /** The region of the bucket; by default `us-east-1`, which servers without regions accept. */
  @IsOptional()
  @Matches(/^[\w-]{1,64}$/, { message: 'S3_REGION must be the name of a region, such as eu-central-1' })
  readonly S3_REGION: string | undefined = undefined;

  /** The access key of the bucket; required with `S3_BUCKET_URL`. */
  @ValidateIf((config: Config) => config.S3_BUCKET_URL !== undefined)
  @IsNotEmpty({ message: 'S3_ACCESS_KEY_ID must be set with S3_BUCKET_URL' })
  readonly S3_ACCESS_KEY_ID: string | undefined = undefined;

  /** The secret of this access key; required with `S3_BUCKET_URL`. */
  @ValidateIf((config: Config) => config.S3_BUCKET_URL !== undefined)
  @IsNotEmpty({ message: 'S3_SECRET_ACCESS_KEY must be set with S3_BUCKET_URL' })
  readonly S3_SECRET_ACCESS_KEY: string | undefined = undefined;

  /** Days for which the event feed keeps events that every consumer has read. */
  @IntegerBetween(1, 3650)
  readonly FEED_RETENTION_DAYS: number = 7;

  /** Days after which the event feed deletes events, read or not: a dead consumer must not let it grow without bounds. */
  @IntegerBetween(1, 3650)
  readonly FEED_MAX_RETENTION_DAYS: number = 30;

  /** Event streams and long polls of the event feed that each process serves at most, together; each costs memory. */
  @IntegerBetween(1, 100_000)
  readonly MAX_EVENT_STREAMS: number = 1_000;

  /** Event streams and long polls of one access key that each process serves at most. Further ones are answered 429. */
  @IntegerBetween(1, 100_000)
  readonly MAX_EVENT_STREAMS_PER_KEY: number = 100;

  /**
   * A Redis that counts rate limits for all processes together. Without it, or while it is unreachable, each
   * process counts for itself.
   */
  @IsOptional()
  @Matches(/^rediss?:\/\/./, { message: 'REDIS_URL must be a URL such as redis://localhost:6379' })
  readonly REDIS_URL: string | undefined = undefined;

  /**
   * The URL under which clients reach the API, where a proxy changes it: the scheme, the host and, if the proxy
   * removes one, the beginning of the path. Signatures cover it. Without it, it follows from the request, and from
   * `X-Forwarded-Proto` and `X-Forwarded-Host` of `TRUSTED_PROXIES`.
   */
  @IsOptional()
  @IsPublicUrl()
  readonly PUBLIC_URL: string | undefined = undefined;

  /**
   * Addresses and networks of the proxies whose `X-Forwarded-*` are trusted, separated by commas. Without
   * it, all clients behind a proxy count as one address.
   */
  @IsProxyList()
  readonly TRUSTED_PROXIES: string = '';

  /** The directory of the embedded PostgreSQL. Not used with `DATABASE_URL`. */
  @IsNotEmpty()
  readonly DATA_DIR: string = '.data';

  /** The directory of `pg_dump`, `pg_restore` and `psql`, for backups. Without it, the newest that is found. */
  @IsOptional()
  @IsNotEmpty()
  readonly PG_BIN: string | undefined = undefined;

  /**
   * The access key of the first administrator. Required in production, and where `HOST` or `WORKER_HOST` is
   * not the loopback address.
   */
  @ValidateIf((config: Config) => config.isServing && !config.mayUseDevelopmentKey)
  @MinLength(16, {
    message: ({ object }) =>
      `X_ACCESS_KEY must be set to a key of at least 16 characters ${(object as Config).whyKeyIsNeeded}`,
  })
  @IsEnvironmentKey()
  readonly X_ACCESS_KEY: string = DEVELOPMENT_KEY;

  /** A second key of the environment, for Prometheus: it opens only the metrics, also while the database is unreachable. */
  @IsOptional()
  @MinLength(16)
  @IsEnvironmentKey()
  readonly SCRAPER_KEY: string | undefined = undefined;

  /**
   * Encrypts the secrets of access keys in the database, which `hmac-sha256` needs. If it changes, existing keys no
   * longer sign with `hmac-sha256`, until they are rotated. `X_ACCESS_KEY` by default.
   */
  @IsOptional()
  @MinLength(32)
  readonly SIGNING_SECRET: string | undefined = undefined;

  /**
   * Seconds between SIGTERM and closing the listener: the time that load balancers have to see that
   * `/health/ready` answers 503.
   */
  @IntegerBetween(0, 5)
  readonly SHUTDOWN_DELAY: number = 1;

  get quarantineMaxBytes(): number {
    return this.QUARANTINE_MAX_MIB * 1024 * 1024;
  }

  /** What encrypts the secrets of access keys; undefined for a command that does not know it. */
  get sealingSecret(): string | undefined {
    return this.SIGNING_SECRET ?? this.X_ACCESS_KEY;
  }

  /** 0 for no limit. */
  get attachmentsDailyBytes(): number {
    return this.ATTACHMENTS_DAILY_MIB * 1024 * 1024;
  }

  /** Where the bytes of new files are stored; undefined for the database. */
  get objectStore() {
    const { S3_BUCKET_URL: bucketUrl, S3_REGION: region } = this;
    if (bucketUrl === undefined) return undefined;
    return {
      bucketUrl,
      region,
      accessKeyId: this.S3_ACCESS_KEY_ID!,
      secretAccessKey: this.S3_SECRET_ACCESS_KEY!,
    };
  }

  /** Whether the process serves requests, and so needs a key. */
  get isServing(): boolean {
    return true;
  }

  /** The well-known key is for a person at this machine only. */
  get mayUseDevelopmentKey(): boolean {
    const isLocal = LOOPBACK_HOSTS.has(this.HOST) && LOOPBACK_HOSTS.has(this.WORKER_HOST);
    return this.X_ACCESS_KEY === DEVELOPMENT_KEY && this.NODE_ENV !== 'production' && isLocal;
  }

  /** The well-known key, for the page to show in development; undefined in production, and where another key is set. */
  get developmentKey(): string | undefined {
    return this.NODE_ENV === 'development' && this.mayUseDevelopmentKey ? DEVELOPMENT_KEY : undefined;
  }

  get whyKeyIsNeeded(): string {
    if (this.NODE_ENV === 'production') return 'in production';
    return `if ${LOOPBACK_HOSTS.has(this.HOST) ? 'WORKER_HOST' : 'HOST'} is not the loopback address`;
  }
}

/** The same variables for the command line, which serves no requests and needs no key. */
export class CliConfig extends Config {
  override get isServing(): boolean {
    return false;
  }

  /** The well-known key is that of the service only for an embedded database in development: it must encrypt nothing else. */
  override get sealingSecret(): string | undefined {
    const isEmbedded = this.DATABASE_URL === undefined && this.mayUseDevelopmentKey;
    const isKnown = this.X_ACCESS_KEY !== DEVELOPMENT_KEY || isEmbedded;
    return this.SIGNING_SECRET ?? (isKnown ? this.X_ACCESS_KEY : undefined);
  }
}

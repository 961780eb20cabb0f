import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  IsInt,
  IsNotEmpty,
  IsOptional,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { readVariables } from './environment.js';
import { IsProxyList } from './is-proxy-list.js';
import { IsPostgresUrl } from './is-postgres-url.js';
import { KafkaConfig } from './kafka-config.js';
import { toInteger } from './to-integer.js';

export { InvalidConfig } from './environment.js';

/** The key that opens a service started for development; no other place accepts it. */
export const DEVELOPMENT_KEY = 'key';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** A key that a header can carry, and that is none of the register's. */
function IsSendable(): PropertyDecorator {
  return applyDecorators(
    MaxLength(256),
    Matches(/^[\x21-\x7e]+$/, {
      message: '$property must consist of visible ASCII characters, without spaces',
    }),
    Matches(/^(?!inc_)/, { message: '$property must not begin with inc_, as the keys of the register do' }),
  );
}

/** What the environment may say; `.env.example` explains each variable. */
export class Config extends KafkaConfig {
  @IsNotEmpty()
  readonly HOST: string = '127.0.0.1';

  /** 0 lets the system choose. */
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(65535)
  readonly PORT: number = 8000;

  @IsOptional()
  @IsPostgresUrl()
  readonly DATABASE_URL: string | undefined = undefined;

  /** The owner of the tables, where the service itself works as a role that may not change them. */
  @IsOptional()
  @IsPostgresUrl()
  readonly MIGRATION_DATABASE_URL: string | undefined = undefined;

  /** Api processes behind the one port. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(64)
  readonly API_PROCESSES: number = 1;

  /** Seconds to wait at the start for a database that is not available yet. */
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(3600)
  readonly DATABASE_STARTUP_TIMEOUT: number = 60;

  /** Connections to the database for requests, for each process. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly DATABASE_POOL_SIZE: number = 10;

  /** Days for which a request with an idempotency key is remembered. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(365)
  readonly IDEMPOTENCY_RETENTION_DAYS: number = 7;

  /** Requests that a key has in a minute; 0 for as many as it likes. */
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  readonly RATE_LIMIT: number = 0;

  /** Connections that a process takes at most: each costs memory, also one that asks nothing. */
  @Transform(toInteger)
  @IsInt()
  @Min(10)
  @Max(100_000)
  readonly MAX_CONNECTIONS: number = 10_000;

  /** Requests of one access key that may be under way at the same time in a process. */
  @Transform(toInteger)
  @IsInt()
  @Min(10)
  @Max(100_000)
  readonly MAX_CONCURRENT_REQUESTS_PER_KEY: number = 1_000;

  /** Size of a webhook's body, in MiB, as it is unpacked: a notification of thousands of alerts. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(16)
  readonly MAX_WEBHOOK_BODY_MIB: number = 4;

  /** Messages that the quarantine holds of one channel. Past it, further ones are refused with a 503. */
  @Transform(toInteger)
  @IsInt()
  @Min(100)
  @Max(10_000_000)
  readonly QUARANTINE_MAX_ROWS: number = 10_000;

  /** MiB that the quarantine holds of one channel. Past it, further messages are refused with a 503. */
  @Transform(toInteger)
  @IsInt()
  @Min(16)
  @Max(1_000_000)
  readonly QUARANTINE_MAX_MIB: number = 256;

  /** Days for which the quarantine keeps what was retried or dismissed. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(3650)
  readonly QUARANTINE_RETENTION_DAYS: number = 30;

  /** Days for which the event feed keeps what every consumer has read. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(3650)
  readonly FEED_RETENTION_DAYS: number = 7;

  /** Days after which the event feed keeps nothing, whoever has read it: a consumer that is dead must not grow it forever. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(3650)
  readonly FEED_MAX_RETENTION_DAYS: number = 30;

  /** Streams of events that a process has open at most: each costs memory. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly MAX_EVENT_STREAMS: number = 1_000;

  /** Streams of events that one access key has open at most in a process. */
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly MAX_EVENT_STREAMS_PER_KEY: number = 100;

  /** Where limits are counted for all processes together. */
  @IsOptional()
  @Matches(/^rediss?:\/\/./, { message: 'REDIS_URL must be a URL such as redis://localhost:6379' })
  readonly REDIS_URL: string | undefined = undefined;

  /** Whose X-Forwarded-For is believed: addresses and networks, separated by commas. */
  @IsProxyList()
  readonly TRUSTED_PROXIES: string = '';

  @IsNotEmpty()
  readonly DATA_DIR: string = '.data';

  /** Where pg_dump, pg_restore and psql are, for backups. */
  @IsOptional()
  @IsNotEmpty()
  readonly PG_BIN: string | undefined = undefined;

  @ValidateIf((config: Config) => config.isServing && !config.mayUseDevelopmentKey)
  @MinLength(16, {
    message: ({ object }) =>
      `X_ACCESS_KEY must be set to a key of at least 16 characters ${(object as Config).whyKeyIsNeeded}`,
  })
  @IsSendable()
  readonly X_ACCESS_KEY: string = DEVELOPMENT_KEY;

  /** A second key of the environment, for Prometheus: it opens the metrics alone, and while the database is away too. */
  @IsOptional()
  @MinLength(16)
  @IsSendable()
  readonly SCRAPER_KEY: string | undefined = undefined;

  /** Seconds between SIGTERM and the closed door: the time that balancers have to see that `/health/ready` is 503. */
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(5)
  readonly SHUTDOWN_DELAY: number = 1;

  get quarantineMaxBytes(): number {
    return this.QUARANTINE_MAX_MIB * 1024 * 1024;
  }

  /** Whether requests are answered, which is what the key is for. */
  get isServing(): boolean {
    return true;
  }

  /** The well-known key serves a person at this very machine, and nobody else. */
  get mayUseDevelopmentKey(): boolean {
    const isForThisMachine = LOOPBACK.has(this.HOST) && LOOPBACK.has(this.WORKER_HOST);
    return this.X_ACCESS_KEY === DEVELOPMENT_KEY && this.NODE_ENV !== 'production' && isForThisMachine;
  }

  get whyKeyIsNeeded(): string {
    if (this.NODE_ENV === 'production') return 'in production';
    return `where ${LOOPBACK.has(this.HOST) ? 'WORKER_HOST' : 'HOST'} is not the loopback address`;
  }
}

/**
 * Reads the service's variables; an empty one counts as absent.
 * @throws InvalidConfig with all that is wrong, one problem each.
 */
export const readConfig = (environment: NodeJS.ProcessEnv): Config => readVariables(Config, environment);

/** What a program reads that is run beside the service, from the command line. */
class ToolConfig extends Config {
  override get isServing(): boolean {
    return false;
  }
}

/** The same for a program that answers no requests, and needs no key. */
export const readToolConfig = (environment: NodeJS.ProcessEnv): Config =>
  readVariables(ToolConfig, environment);

import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, IsOptional, Matches, Max, Min, ValidateIf } from 'class-validator';
import { ProcessConfig } from './process-config.js';
import { toInteger } from './to-integer.js';

/** host:port, as in Kafka's own tools; an IPv6 address is in brackets. */
const BROKERS = /^(\[[\da-f:]+\]|[^\s,:[\]]+):\d{1,5}(,(\[[\da-f:]+\]|[^\s,:[\]]+):\d{1,5})*$/i;

/** The characters that Kafka allows in names; shorter than its limit, so that a suffix fits behind a prefix. */
const NAME = /^[\w.-]{1,200}$/;

/** The variables of the processes that use Kafka. */
export class KafkaConfig extends ProcessConfig {
  /** The brokers to bootstrap from. */
  @IsOptional()
  @Matches(BROKERS, { message: 'KAFKA_BROKERS must be host:port, several separated by commas' })
  readonly KAFKA_BROKERS: string | undefined = undefined;

  /** The consumer group: its workers share the messages. */
  @Matches(NAME, { message: 'KAFKA_GROUP must be 1 to 200 of A-Z a-z 0-9 . _ -' })
  readonly KAFKA_GROUP: string = 'incidents';

  /** The topic prefix. */
  @Matches(NAME, { message: 'KAFKA_TOPIC_PREFIX must be 1 to 200 of A-Z a-z 0-9 . _ -' })
  readonly KAFKA_TOPIC_PREFIX: string = 'incidents';

  /** Whether connections to the brokers use TLS, with certificates verified. */
  @IsIn(['true', 'false'])
  readonly KAFKA_SSL: 'true' | 'false' = 'false';

  @IsOptional()
  @IsIn(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
  readonly KAFKA_SASL_MECHANISM: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | undefined = undefined;

  @ValidateIf((config: KafkaConfig) => config.KAFKA_SASL_MECHANISM !== undefined)
  @IsNotEmpty({ message: 'KAFKA_USERNAME must be set with KAFKA_SASL_MECHANISM' })
  readonly KAFKA_USERNAME: string | undefined = undefined;

  @ValidateIf((config: KafkaConfig) => config.KAFKA_SASL_MECHANISM !== undefined)
  @IsNotEmpty({ message: 'KAFKA_PASSWORD must be set with KAFKA_SASL_MECHANISM' })
  readonly KAFKA_PASSWORD: string | undefined = undefined;

  /** The worker's address for probes and metrics. */
  @IsNotEmpty()
  readonly WORKER_HOST: string = '127.0.0.1';

  /** 0 for any free port. */
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(65535)
  readonly WORKER_PORT: number = 8001;
}

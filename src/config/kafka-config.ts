import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, IsOptional, Matches, Max, Min, ValidateIf } from 'class-validator';
import { ProcessConfig } from './process-config.js';
import { toInteger } from './to-integer.js';

/** host:port, as Kafka's own tools take them; an IPv6 address stands in brackets. */
const BROKERS = /^(\[[\da-f:]+\]|[^\s,:[\]]+):\d{1,5}(,(\[[\da-f:]+\]|[^\s,:[\]]+):\d{1,5})*$/i;

/** What Kafka lets names consist of; room is left for what is added to a prefix. */
const NAME = /^[\w.-]{1,200}$/;

/** The part of the environment that the processes on Kafka read. */
export class KafkaConfig extends ProcessConfig {
  /** The brokers to begin with; the others they tell of themselves. */
  @IsOptional()
  @Matches(BROKERS, { message: 'KAFKA_BROKERS must be host:port, several separated by commas' })
  readonly KAFKA_BROKERS: string | undefined = undefined;

  /** The consumer group: its workers share the messages. */
  @Matches(NAME, { message: 'KAFKA_GROUP must be 1 to 200 of A-Z a-z 0-9 . _ -' })
  readonly KAFKA_GROUP: string = 'incidents';

  /** With what the names of the topics begin. */
  @Matches(NAME, { message: 'KAFKA_TOPIC_PREFIX must be 1 to 200 of A-Z a-z 0-9 . _ -' })
  readonly KAFKA_TOPIC_PREFIX: string = 'incidents';

  /** Whether the way to the brokers is encrypted, and their certificates are checked. */
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

  /** Where the worker answers probes and shows its metrics. */
  @IsNotEmpty()
  readonly WORKER_HOST: string = '127.0.0.1';

  /** 0 lets the system choose. */
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(65535)
  readonly WORKER_PORT: number = 8001;
}

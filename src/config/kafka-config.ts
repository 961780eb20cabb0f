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
  /**
   * The brokers to connect to first; they name the others. The worker needs it; an api process with it
   * exports `kafka_inbound_lag`.
   */
  @IsOptional()
  @Matches(BROKERS, { message: 'KAFKA_BROKERS must be host:port, several separated by commas' })
  readonly KAFKA_BROKERS: string | undefined = undefined;

  /** The consumer group: its workers share the partitions. */
  @Matches(NAME, { message: 'KAFKA_GROUP must be 1 to 200 of A-Z a-z 0-9 . _ -' })
  readonly KAFKA_GROUP: string = 'incidents';

  /** The topic prefix: with `incidents`, the topics are `incidents.inbound`, `incidents.inbound.dlq` and `incidents.events`. */
  @Matches(NAME, { message: 'KAFKA_TOPIC_PREFIX must be 1 to 200 of A-Z a-z 0-9 . _ -' })
  readonly KAFKA_TOPIC_PREFIX: string = 'incidents';

  /**
   * Whether connections to the brokers use TLS with verified certificates. `NODE_EXTRA_CA_CERTS` adds your
   * own certificate authority.
   */
  @IsIn(['true', 'false'])
  readonly KAFKA_SSL: 'true' | 'false' = 'false';

  /** How the process authenticates to the brokers; without it, it does not. */
  @IsOptional()
  @IsIn(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
  readonly KAFKA_SASL_MECHANISM: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | undefined = undefined;

  /** The user for `KAFKA_SASL_MECHANISM`; required with it. */
  @ValidateIf((config: KafkaConfig) => config.KAFKA_SASL_MECHANISM !== undefined)
  @IsNotEmpty({ message: 'KAFKA_USERNAME must be set with KAFKA_SASL_MECHANISM' })
  readonly KAFKA_USERNAME: string | undefined = undefined;

  /** The password for `KAFKA_SASL_MECHANISM`; required with it. */
  @ValidateIf((config: KafkaConfig) => config.KAFKA_SASL_MECHANISM !== undefined)
  @IsNotEmpty({ message: 'KAFKA_PASSWORD must be set with KAFKA_SASL_MECHANISM' })
  readonly KAFKA_PASSWORD: string | undefined = undefined;

  /** The address on which the worker serves probes and metrics. Any but the loopback address needs `X_ACCESS_KEY`. */
  @IsNotEmpty()
  readonly WORKER_HOST: string = '127.0.0.1';

  /** The port on which the worker serves probes and metrics; 0 lets the system choose. */
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(65535)
  readonly WORKER_PORT: number = 8001;
}

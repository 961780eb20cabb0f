import { IsIn, IsNotEmpty, IsOptional, Matches, ValidateIf } from 'class-validator';
import { ProcessConfig } from './process-config.js';
import { ListenerPort } from './rules.js';

/** host:port, as in Kafka's own tools; an IPv6 address is in brackets. */
const BROKERS = /^(\[[\da-f:]+\]|[^\s,:[\]]+):\d{1,5}(,(\[[\da-f:]+\]|[^\s,:[\]]+):\d{1,5})*$/i;

/** The characters that Kafka allows in names; shorter than its limit, so that a suffix fits behind a prefix. */
const NAME = /^[\w.-]{1,200}$/;

/** The variables of the processes that use Kafka. */
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
  @ListenerPort()
  readonly WORKER_PORT: number = 8001;
}

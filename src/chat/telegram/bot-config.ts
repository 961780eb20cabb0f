import { Transform } from 'class-transformer';
import { Equals, IsIn, IsNotEmpty, IsOptional, Matches, ValidateIf } from 'class-validator';
import { DEVELOPMENT_KEY } from '../../config/config.js';
import { KafkaConfig } from '../../config/kafka-config.js';
import { IntegerBetween, ListenerPort } from '../../config/rules.js';
import { LANGUAGES, type Language } from '../core/translations/languages.js';

const URL_OF_A_SERVER = /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/;

const withoutLastSlash = ({ value }: { value: unknown }) =>
  typeof value === 'string' ? value.replace(/\/+$/, '') : value;

/** What the environment may say to the bot; `.env.example` explains each variable. */
export class BotConfig extends KafkaConfig {
  /** The address of the API, with the path that a proxy puts in front of it. */
  @Transform(withoutLastSlash)
  @Matches(URL_OF_A_SERVER, { message: 'API_URL must be a URL such as http://127.0.0.1:8000' })
  readonly API_URL: string = 'http://127.0.0.1:8000';

  /** An access key of the role `operator` that can impersonate. In development, on the loopback address, `key` is accepted. */
  @ValidateIf((config: BotConfig) => !config.mayUseDevelopmentKey)
  @Matches(/^(?!key$)[\x21-\x7e]{1,256}$/, {
    message:
      'API_KEY must be set to an access key of the API, ' +
      'such as `npm run keys -- create --name bot --role operator --can-impersonate` makes',
  })
  readonly API_KEY: string = DEVELOPMENT_KEY;

  /** The token of the bot, from BotFather; required. Only one process may use it at a time. */
  @Matches(/^[\w:-]+$/, { message: 'TELEGRAM_BOT_TOKEN must be set to the token that @BotFather gave' })
  readonly TELEGRAM_BOT_TOKEN: string = '';

  /** The ids of the chats that the bot serves, separated by commas; required. */
  @Matches(/^\s*-?\d{1,16}\s*(,\s*-?\d{1,16}\s*)*$/, {
    message: 'TELEGRAM_CHAT_ID must be the ids of chats such as -1001234567890, separated by commas',
  })
  readonly TELEGRAM_CHAT_ID: string = '';

  /** The address of your own Bot API server. Without it, `https://api.telegram.org`. */
  @IsOptional()
  @Transform(withoutLastSlash)
  @Matches(URL_OF_A_SERVER, { message: 'TELEGRAM_API_ROOT must be a URL such as http://127.0.0.1:8081' })
  readonly TELEGRAM_API_ROOT: string | undefined = undefined;

  /** How many messages a minute the bot sends to one group or channel; Telegram allows 20. What exceeds it is combined. */
  @IntegerBetween(2, 100_000)
  readonly TELEGRAM_MESSAGES_PER_MINUTE: number = 20;

  /** The language in which the bot answers; it understands both. */
  @IsIn(LANGUAGES)
  readonly BOT_LANGUAGE: Language = 'ru';

  /** How the bot sends reports: `rest`, or `kafka` with `KAFKA_BROKERS` and a worker. Everything else uses the API. */
  @IsIn(['rest', 'kafka'])
  readonly BOT_REPORT_TRANSPORT: 'rest' | 'kafka' = 'rest';

  /** The address on which the bot serves probes and metrics. */
  @IsNotEmpty()
  readonly BOT_HOST: string = '127.0.0.1';

  /** The port on which the bot serves probes and metrics; 0 lets the system choose. */
  @ListenerPort()
  readonly BOT_PORT: number = 8002;

  @Equals(true, { message: 'KAFKA_BROKERS must be set where BOT_REPORT_TRANSPORT is kafka' })
  get knowsItsBrokers(): boolean {
    return this.BOT_REPORT_TRANSPORT === 'rest' || this.KAFKA_BROKERS !== undefined;
  }

  /** The key of an API that was started for development, on this machine. */
  get mayUseDevelopmentKey(): boolean {
    return this.API_KEY === DEVELOPMENT_KEY && this.NODE_ENV !== 'production' && LOOPBACK.test(this.API_URL);
  }

  get chats(): readonly number[] {
    return this.TELEGRAM_CHAT_ID.split(',').map(Number);
  }
}

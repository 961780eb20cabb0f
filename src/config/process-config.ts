import { IsIn, IsOptional } from 'class-validator';

/** What every process reads from its environment: the mode it runs in, and how it logs. */
export class ProcessConfig {
  /**
   * The mode. `production` logs JSON, needs `X_ACCESS_KEY` and accepts any `Host`; `development` accepts
   * requests for this machine only. `test` is for the project's own tests.
   */
  @IsIn(['development', 'production', 'test'])
  readonly NODE_ENV: 'development' | 'production' | 'test' = 'development';

  /**
   * The least severe level that is logged. `info` logs a line for each request, `debug` adds successful
   * probes and the framework.
   */
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  readonly LOG_LEVEL: string = 'info';

  /** `json` writes one object a line, `pretty` is for people. The default is `json` in production and `pretty` otherwise. */
  @IsOptional()
  @IsIn(['json', 'pretty'])
  readonly LOG_FORMAT: 'json' | 'pretty' | undefined = undefined;

  get prettyLogs(): boolean {
    return (this.LOG_FORMAT ?? (this.NODE_ENV === 'production' ? 'json' : 'pretty')) === 'pretty';
  }
}

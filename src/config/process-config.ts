import { IsIn, IsOptional } from 'class-validator';

/** The variables of every process: its mode, and how it logs. */
export class ProcessConfig {
  @IsIn(['development', 'production', 'test'])
  readonly NODE_ENV: 'development' | 'production' | 'test' = 'development';

  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  readonly LOG_LEVEL: string = 'info';

  @IsOptional()
  @IsIn(['json', 'pretty'])
  readonly LOG_FORMAT: 'json' | 'pretty' | undefined = undefined;

  get prettyLogs(): boolean {
    return (this.LOG_FORMAT ?? (this.NODE_ENV === 'production' ? 'json' : 'pretty')) === 'pretty';
  }
}

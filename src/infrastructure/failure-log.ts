import { Logger } from '@nestjs/common';
import { reasonOf } from './postgres/connection/database-errors.js';

/** Logs the first of consecutive failures, and the recovery: an outage is two lines, however many attempts fail. */
export class FailureLog {
  private readonly logger: Logger;
  private failures = 0;

  /**
   * @param context of the lines in the log.
   * @param name of what fails, as the subject of a sentence.
   */
  constructor(
    context: string,
    private readonly name: string,
  ) {
    this.logger = new Logger(context);
  }

  /** @returns how many attempts have failed since the last success, this one included. */
  failed(error: unknown): number {
    const { cause = error } = error as Error;
    if (++this.failures === 1) this.logger.warn(`${this.name} stalled: ${reasonOf(cause)}`);
    return this.failures;
  }

  succeeded(): void {
    if (this.failures > 0) this.logger.log(`${this.name} recovered`);
    this.failures = 0;
  }
}

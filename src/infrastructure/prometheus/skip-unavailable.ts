import { Logger } from '@nestjs/common';
import { StoreUnavailable } from '../../application/operations/store-unavailable.js';

const logger = new Logger('Metrics');

/**
 * The rows for a metric; undefined, with a warning, while the database is unavailable. Then that metric has no value, and a
 * scrape still gets those of the process.
 */
export async function skipUnavailable<Rows>(query: () => Promise<Rows>): Promise<Rows | undefined> {
  try {
    return await query();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    logger.warn(`metric skipped: ${error.message}`);
    return undefined;
  }
}

import { DailyLimitReached } from '../../../domain/attachments/attachment-errors.js';
import type { Database } from '../connection/database.js';
import { ATTACHED_SINCE } from './attachment-statements.js';

/** How many bytes a principal may attach on a day in UTC. */
export class DailyLimit {
  /** @param dailyBytes 0 for no limit. */
  constructor(private readonly dailyBytes: number) {}

  /** @throws DailyLimitReached if a principal has attached more than it may, or as much and wants to attach more. */
  async require(
    database: Database,
    principal: string,
    now: Date,
    { isMore }: { readonly isMore: boolean },
  ): Promise<void> {
    const { dailyBytes } = this;
    if (dailyBytes === 0) return;
    const { start, end } = dayOf(now);
    const [row] = await database.query<{ bytes: number }>(ATTACHED_SINCE, [principal, start]);
    if (row!.bytes < dailyBytes || (row!.bytes === dailyBytes && !isMore)) return;
    throw new DailyLimitReached(dailyBytes, Math.ceil((end.getTime() - now.getTime()) / 1_000));
  }
}

/** The day in UTC that a time is on. */
function dayOf(time: Date): { readonly start: Date; readonly end: Date } {
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()];
  return { start: new Date(Date.UTC(year, month, day)), end: new Date(Date.UTC(year, month, day + 1)) };
}

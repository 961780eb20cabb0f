import { Injectable } from '@nestjs/common';
import { evaluate, gapBetween } from '../../domain/heartbeat/evaluation.js';
import { DueHeartbeats } from './heartbeats.js';

/** The maximum number of heartbeats that are evaluated together: their rows are locked meanwhile, and their pings wait. */
export const MAX_EVALUATED = 200;

/** Makes and resolves the incidents of heartbeats. */
@Injectable()
export class EvaluateHeartbeats {
  constructor(private readonly heartbeats: DueHeartbeats) {}

  /**
   * Looks for heartbeats that are due, and evaluates up to MAX_EVALUATED. An outage is stored before anything is evaluated: a ping that nobody
   * could send is not missing.
   * @returns whether more may be due.
   * @throws StoreUnavailable
   */
  async execute(): Promise<boolean> {
    const look = await this.heartbeats.look();
    if (!look.lastLookAt) return false;
    const gap = gapBetween(look.lastLookAt, look.now);
    if (gap === 'set-back') {
      await this.heartbeats.setBack(look);
      return true;
    }
    if (gap !== 'none') await this.heartbeats.storeLook(look, gap === 'outage');
    if (!look.isAnyDue) return false;
    // As of the look: what becomes due while this process is frozen is not evaluated.
    return (await this.heartbeats.evaluateDue(look.now, MAX_EVALUATED, evaluate)) > 0;
  }
}

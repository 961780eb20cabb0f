import { Injectable } from '@nestjs/common';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import { type ChangedPolicy, ChangedPolicies } from './changed-policies.js';
import { SetTimers } from './set-timers.js';

/** The duration of a turn, without its last page. */
const TURN_MS = 1_000;

/** A changed policy, and the incidents whose timers are still to be set. */
interface Application {
  readonly changed: ChangedPolicy;
  readonly pages: AsyncGenerator<readonly IncidentId[], void>;
}

/**
 * Sets the timers of open incidents anew when a policy has changed. It runs in the process that sets timers for events, and not at the
 * same time: that has read the earlier policies.
 */
@Injectable()
export class ApplyPolicies {
  private current: Application | undefined;

  constructor(
    private readonly policies: ChangedPolicies,
    private readonly setTimers: SetTimers,
  ) {}

  /**
   * Works for a second at most, or until nothing is left, and continues in the next turn. A policy whose incidents were not completed,
   * because of a failure or since the process has ended, is applied from the start again, which changes nothing twice.
   * @throws StoreUnavailable
   */
  async execute(): Promise<void> {
    const endAt = performance.now() + TURN_MS;
    try {
      do {
        this.current ??= await this.begin();
        if (!this.current) return;
        const { changed, pages } = this.current;
        const page = await pages.next();
        if (page.done) {
          await this.policies.remove(changed);
          this.current = undefined;
        } else await this.setTimers.setFor(page.value);
      } while (performance.now() < endAt);
    } catch (error) {
      this.current = undefined;
      throw error;
    }
  }

  private async begin(): Promise<Application | undefined> {
    const changed = await this.policies.next();
    return changed && { changed, pages: this.policies.openIncidentsOf(changed.scope) };
  }
}

import fc from 'fast-check';
import { InMemoryIncidents } from '../../support/in-memory-incidents.js';
import { InMemoryTimers } from '../../support/in-memory-timers.js';
import { STEPS, TimerScenario } from '../../support/timer-scenario.js';

describe('reminders under a virtual clock', () => {
  it('are neither lost nor early nor repeated nor quiet, whatever happens to incidents, policies, clocks and processes', async () => {
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        const history = new InMemoryIncidents();
        const store = { incidents: history.repository, timers: new InMemoryTimers(history) };
        await new TimerScenario(store, history).execute(steps);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 150) },
    );
  });
});

import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Lets time pass that is part of a scenario, as an outage lasts or a client waits between two requests. It never waits for an
 * effect: `until` does, with a deadline.
 * @param _reason why time itself has to pass, for the reader.
 */
export async function pause(durationMs: number, _reason: string): Promise<void> {
  await sleep(durationMs);
}

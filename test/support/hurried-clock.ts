import { MonotonicClock } from '../../src/shared/time/monotonic-clock.js';

/** A clock by which every pause is over at once. */
export class HurriedClock extends MonotonicClock {
  /** How long the pauses would have been. */
  readonly pausesMs: number[] = [];

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    this.pausesMs.push(milliseconds);
    return !signal?.aborted;
  }
}

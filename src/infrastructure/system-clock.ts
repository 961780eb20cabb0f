import { Clock } from '../application/operations/clock.js';

/** The machine's clock, to the millisecond. */
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}

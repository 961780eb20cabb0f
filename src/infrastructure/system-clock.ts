import { Clock } from '../application/operations/clock.js';

/** The system's clock, in milliseconds. */
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}

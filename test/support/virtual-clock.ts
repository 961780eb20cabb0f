import { Clock } from '../../src/application/operations/clock.js';
import { NOON } from './builders.js';

/** A clock that stands still until a test sets it. */
export class VirtualClock extends Clock {
  constructor(public time = NOON) {
    super();
  }

  now(): Date {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time = new Date(this.time.getTime() + milliseconds);
  }
}

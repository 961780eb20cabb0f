import { Injectable } from '@nestjs/common';

/** Whether the service has been told to stop, and what it still has to finish. */
@Injectable()
export class Draining {
  private begun = false;

  /** How many requests are being answered. */
  requestsInFlight = 0;

  get hasBegun(): boolean {
    return this.begun;
  }

  begin(): void {
    this.begun = true;
  }
}

import { Injectable } from '@nestjs/common';

/** Whether the service is shutting down, and how many requests it still has to answer. */
@Injectable()
export class Draining {
  private begun = false;

  requestsInFlight = 0;

  get hasBegun(): boolean {
    return this.begun;
  }

  begin(): void {
    this.begun = true;
  }
}

import { Injectable } from '@nestjs/common';

/** Whether the service has been told to stop, and what it still has to finish. */
@Injectable()
export class Draining {
  private readonly begun = new AbortController();

  /** How many requests are being answered. */
  requestsInFlight = 0;

  get hasBegun(): boolean {
    return this.begun.signal.aborted;
  }

  /** Aborted when the service is told to stop: for what would go on for long. */
  get signal(): AbortSignal {
    return this.begun.signal;
  }

  begin(): void {
    this.begun.abort();
  }
}

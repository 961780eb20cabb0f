import { Injectable } from '@nestjs/common';

/** Whether the service is shutting down, and how many requests it still has to answer. */
@Injectable()
export class Draining {
  private readonly begun = new AbortController();

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

import { Injectable } from '@nestjs/common';

/** Whether the service has been told to stop: it finishes what it has begun, and asks for nothing new. */
@Injectable()
export class Draining {
  private begun = false;

  get hasBegun(): boolean {
    return this.begun;
  }

  begin(): void {
    this.begun = true;
  }
}

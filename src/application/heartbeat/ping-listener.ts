import { Injectable } from '@nestjs/common';

/** Learns of pings that have consequences: without it, those would follow half a second later. */
@Injectable()
export class PingListener {
  private readonly listeners: (() => void)[] = [];

  /** Calls the listener when a ping has made a heartbeat due. */
  onDue(listener: () => void): void {
    this.listeners.push(listener);
  }

  due(): void {
    for (const listener of this.listeners) listener();
  }
}

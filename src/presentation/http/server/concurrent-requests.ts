import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { Config } from '../../../config/config.js';

/** Limits how many requests of each access key are in flight in this process. */
@Injectable()
export class ConcurrentRequests {
  readonly limit: number;
  private readonly counts = new Map<string, number>();

  constructor({ MAX_CONCURRENT_REQUESTS_PER_KEY }: Config) {
    this.limit = MAX_CONCURRENT_REQUESTS_PER_KEY;
  }

  /** Counts a request until its response is closed. @returns false, without counting it, if the key has reached the limit. */
  begin(keyName: string, response: Response): boolean {
    const count = this.counts.get(keyName) ?? 0;
    if (count >= this.limit) return false;
    this.counts.set(keyName, count + 1);
    response.once('close', () => this.end(keyName));
    return true;
  }

  private end(keyName: string): void {
    const count = this.counts.get(keyName)! - 1;
    if (count > 0) this.counts.set(keyName, count);
    else this.counts.delete(keyName);
  }
}

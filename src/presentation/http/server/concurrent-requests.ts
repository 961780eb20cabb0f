import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { Config } from '../../../config/config.js';

/** Counts the requests of each access key that are under way in this process, and bounds them. */
@Injectable()
export class ConcurrentRequests {
  readonly limit: number;
  private readonly counts = new Map<string, number>();

  constructor({ MAX_CONCURRENT_REQUESTS_PER_KEY }: Config) {
    this.limit = MAX_CONCURRENT_REQUESTS_PER_KEY;
  }

  /** Counts a request until its answer is sent or given up. @returns false, without counting it, where there are too many. */
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

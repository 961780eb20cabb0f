import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { Config } from '../../../config/config.js';
import { Counts } from '../../../shared/counts.js';

/** Limits how many requests of each access key are in flight in this process. */
@Injectable()
export class ConcurrentRequests {
  readonly limit: number;
  private readonly counts = new Counts();
  private readonly ends = new WeakMap<Response, () => void>();

  constructor({ MAX_CONCURRENT_REQUESTS_PER_KEY }: Config) {
    this.limit = MAX_CONCURRENT_REQUESTS_PER_KEY;
  }

  /** Counts a request until its response is closed. @returns false, without counting it, if the key has reached the limit. */
  begin(keyName: string, response: Response): boolean {
    if (this.counts.of(keyName) >= this.limit) return false;
    this.counts.increment(keyName);
    const end = () => this.counts.decrement(keyName);
    this.ends.set(response, end);
    response.once('close', end);
    return true;
  }

  /** Counts the request of this response no longer: it goes on, and is bounded otherwise. */
  release(response: Response): void {
    const end = this.ends.get(response);
    if (!end) return;
    response.off('close', end);
    this.ends.delete(response);
    end();
  }
}

import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Config } from '../../../config/config.js';
import { Counts } from '../../../shared/counts.js';

/** Limits how many requests of each access key are in flight in this process. */
@Injectable()
export class ConcurrentRequests {
  readonly limit: number;
  private readonly counts = new Counts();

  constructor({ MAX_CONCURRENT_REQUESTS_PER_KEY }: Config) {
    this.limit = MAX_CONCURRENT_REQUESTS_PER_KEY;
  }

  /** Counts a request until its response is closed. @returns false, without counting it, if the key has reached the limit. */
  begin(keyName: string, request: Request): boolean {
    if (this.counts.of(keyName) >= this.limit) return false;
    this.counts.increment(keyName);
    request.stopCounting = () => this.counts.decrement(keyName);
    request.res!.on('close', request.stopCounting);
    return true;
  }

  /** Counts the request of this response no longer: it goes on, and is bounded otherwise. */
  release(response: Response): void {
    const { stopCounting } = response.req;
    if (!stopCounting) return;
    response.off('close', stopCounting);
    delete response.req.stopCounting;
    stopCounting();
  }
}

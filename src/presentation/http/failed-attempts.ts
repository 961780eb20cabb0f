import { Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { RateLimits } from '../../application/ports/rate-limits.js';
import type { KeyHolder } from '../../domain/access/access-key.js';
import { Config } from '../../config/config.js';
import { networkOf } from './network.js';

/** How long it counts that a key was let in from a network, in milliseconds. */
const ACQUAINTANCE = 60 * 60 * 1_000;

/** How much is remembered of either kind. */
const MEMORY = 10_000;

/**
 * Keeps those from guessing who have failed too often: their network is shut out until its minute is over, and what
 * they send then is not told apart, right or wrong. Keys that were let in from there before still are, since behind a
 * proxy or in an office one network is many people, and one wrong key must not lock the others out.
 */
@Injectable()
export class FailedAttempts {
  private readonly logger = new Logger(FailedAttempts.name);
  /** Until when (of `Date.now()`) networks are shut out. */
  private readonly shutOut = new Map<string, number>();
  private readonly acquainted = new Map<string, number>();

  private readonly hasProxies: boolean;

  constructor(
    private readonly limits: RateLimits,
    config: Config,
  ) {
    this.hasProxies = config.TRUSTED_PROXIES !== '';
  }

  /** Whether the request comes from a network that has failed too often. */
  isShutOut(request: Request): boolean {
    return this.shutOut.size > 0 && this.waitOf(this.networkOf(request)) !== undefined;
  }

  /** Counts a request without a valid key; seconds to wait where there were too many, and otherwise undefined. */
  async failed(request: Request): Promise<number | undefined> {
    const network = this.networkOf(request);
    const wait = this.waitOf(network);
    if (wait !== undefined) return wait;
    const { isExceeded, limit, resetsIn } = await this.limits.countFailure(network);
    if (!isExceeded) return undefined;
    remember(this.shutOut, network, Date.now() + resetsIn * 1_000);
    this.logger.warn(`over ${limit} requests without a valid key in a minute from ${network}`);
    return resetsIn;
  }

  /** Seconds to wait for the holder of a valid key that comes from such a network and was never seen there. */
  succeeded(request: Request, { name }: KeyHolder): number | undefined {
    const network = this.networkOf(request);
    const acquaintance = `${network} ${name}`;
    const now = Date.now();
    const since = this.acquainted.get(acquaintance);
    const isAcquainted = since !== undefined && now - since < ACQUAINTANCE;
    if (!isAcquainted && this.shutOut.size > 0) {
      const wait = this.waitOf(network);
      if (wait !== undefined) return wait;
    }
    // Not at each request: a minute more or less does not matter.
    if (!isAcquainted || now - since > 60_000) remember(this.acquainted, acquaintance, now);
    return undefined;
  }

  /** Without proxies there is nobody to ask but the connection, which is quicker than Express is. */
  private networkOf(request: Request): string {
    return networkOf((this.hasProxies ? request.ip : request.socket.remoteAddress) ?? 'unknown');
  }

  private waitOf(network: string): number | undefined {
    const until = this.shutOut.get(network);
    if (until === undefined) return undefined;
    const left = until - Date.now();
    if (left > 0) return Math.ceil(left / 1_000);
    this.shutOut.delete(network);
    return undefined;
  }
}

/** Forgets the oldest where there would be too many. */
function remember(memory: Map<string, number>, key: string, value: number): void {
  memory.delete(key);
  memory.set(key, value);
  if (memory.size > MEMORY) memory.delete(memory.keys().next().value!);
}

import { hash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';

/** A key that opens the service; its name stands in the history as the actor. */
export interface AccessKey {
  readonly name: string;
}

/** The name of the key that the environment gives. */
const ENVIRONMENT_KEY = 'admin';

/** The keys that open the service. Only their hashes are kept. */
@Injectable()
export class AccessKeys {
  private readonly key: AccessKey = { name: ENVIRONMENT_KEY };
  private readonly digest: Buffer;

  constructor(config: Config) {
    this.digest = sha256(config.X_ACCESS_KEY);
  }

  /** The key with this secret; it takes the same time for every secret of a length. */
  find(secret: string): AccessKey | undefined {
    return timingSafeEqual(sha256(secret), this.digest) ? this.key : undefined;
  }
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

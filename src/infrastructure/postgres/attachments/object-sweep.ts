import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PacedLoop } from '../../paced-loop.js';
import { ObjectStore } from '../../s3/object-store.js';
import { Database } from '../connection/database.js';
import { DELETE_UPLOAD, LEASE_EXPIRED_UPLOAD } from './attachment-statements.js';

/** Objects that wait for a sweep are rare: uploads whose process was killed, or whose request was rejected. */
const IDLE_MS = { first: 60_000, max: 3_600_000 } as const;

/** Deletes the objects of expired uploads, to which no attachment refers. */
@Injectable()
export class ObjectSweep implements OnApplicationBootstrap {
  private readonly loop = new PacedLoop({
    name: 'the sweep of unreferenced objects',
    context: ObjectSweep.name,
    run: () => this.sweepOne(),
    idleMs: IDLE_MS,
  });

  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
  ) {}

  onApplicationBootstrap(): void {
    if (this.store.isConfigured) this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Says that an upload has expired. */
  wake(): void {
    this.loop.wake();
  }

  /**
   * Deletes an object. From its lease on, no transaction can refer to it any more. If the deletion fails, the lease ends in an hour.
   * @returns whether there was one.
   */
  private async sweepOne(): Promise<boolean> {
    const [upload] = await this.database.change<{ object: string }>(LEASE_EXPIRED_UPLOAD, []);
    if (!upload) return false;
    await this.store.delete(upload.object);
    await this.database.change(DELETE_UPLOAD, [upload.object]);
    return true;
  }
}

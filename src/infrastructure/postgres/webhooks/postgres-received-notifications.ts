import { Injectable } from '@nestjs/common';
import {
  type ReceivedNotification,
  ReceivedNotifications,
} from '../../../application/intake/received-notifications.js';
import type { Workload } from '../../../domain/access/workload.js';
import { BATCH_LIMITS } from '../batching/batch-limits.js';
import { Batcher } from '../batching/batcher.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

/** How often each notification was completed, in their order. */
export const COMPLETED = prepared(`
  SELECT coalesce((
    SELECT completed FROM received_notifications AS stored
    WHERE stored.channel = sent.channel AND stored.digest = sent.digest
  ), 0) AS completed
  FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS sent (channel, digest, n) ORDER BY n`);

// In one order, so that processes do not wait for each other in a circle.
export const COMPLETE = prepared(`
  INSERT INTO received_notifications AS notification (channel, digest, completed, at)
  SELECT channel, digest, max(completed), max(at)
  FROM unnest($1::text[], $2::bytea[], $3::integer[], $4::timestamptz[]) AS sent (channel, digest, completed, at)
  GROUP BY channel, digest ORDER BY channel, digest
  ON CONFLICT (channel, digest) DO UPDATE SET completed = excluded.completed, at = excluded.at
  WHERE notification.completed < excluded.completed`);

interface Completion extends ReceivedNotification {
  readonly completed: number;
  readonly at: Date;
}

/** The counts in PostgreSQL. Requests that arrive together share statements, and so round trips and commits. */
@Injectable()
export class PostgresReceivedNotifications extends ReceivedNotifications {
  private readonly reading = new Batcher<ReceivedNotification, number>({
    ...BATCH_LIMITS,
    send: async (notifications, deadline) => {
      const values = [notifications.map(({ channel }) => channel), notifications.map(({ digest }) => digest)];
      const rows = await this.database.query<{ completed: number }>(COMPLETED, values, deadline);
      return rows.map(({ completed }) => ({ value: completed }));
    },
  });

  private readonly completing = new Batcher<Completion, void>({
    ...BATCH_LIMITS,
    send: async (completions, deadline) => {
      const values = [
        completions.map(({ channel }) => channel),
        completions.map(({ digest }) => digest),
        completions.map(({ completed }) => completed),
        completions.map(({ at }) => at.toISOString()),
      ];
      await this.database.change(COMPLETE, values, deadline);
      return completions.map(() => ({ value: undefined }));
    },
  });

  constructor(private readonly database: Database) {
    super();
  }

  completed(notification: ReceivedNotification, workload: Workload): Promise<number> {
    return this.reading.submit(notification, workload);
  }

  complete(
    { channel, digest }: ReceivedNotification,
    before: number,
    at: Date,
    workload: Workload,
  ): Promise<void> {
    return this.completing.submit({ channel, digest, completed: before + 1, at }, workload);
  }
}

import { Injectable } from '@nestjs/common';
import {
  ReceivedNotifications,
  type ReceivedNotification,
} from '../../../application/intake/received-notifications.js';
import { LIMITS_MS } from '../connection/connection.js';
import { Database, type Statement } from '../connection/database.js';
import type { ReceivedNotificationRow } from './received-notification.row.js';

export const COMPLETED: Statement = {
  name: 'find-completed-notifications',
  text: 'SELECT completed FROM received_notifications WHERE channel = $1 AND digest = $2',
};

export const COMPLETE: Statement = {
  name: 'complete-notification',
  text: `
    INSERT INTO received_notifications AS notification (channel, digest, completed, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (channel, digest) DO UPDATE SET completed = excluded.completed, at = excluded.at
    WHERE notification.completed < excluded.completed`,
};

@Injectable()
export class PostgresReceivedNotifications extends ReceivedNotifications {
  constructor(private readonly database: Database) {
    super();
  }

  async completed({ channel, digest }: ReceivedNotification): Promise<number> {
    const [row] = await this.database.query<Pick<ReceivedNotificationRow, 'completed'>>(COMPLETED, [
      channel,
      digest,
    ]);
    return row?.completed ?? 0;
  }

  async complete({ channel, digest }: ReceivedNotification, before: number, at: Date): Promise<void> {
    await this.database.change(
      COMPLETE,
      [channel, digest, before + 1, at],
      performance.now() + LIMITS_MS.total,
    );
  }
}

import { Injectable } from '@nestjs/common';
import {
  ReceivedNotifications,
  type ReceivedNotification,
} from '../../../application/intake/received-notifications.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

export const COMPLETED = prepared(
  'SELECT completed FROM received_notifications WHERE channel = $1 AND digest = $2',
);

export const COMPLETE = prepared(`
  INSERT INTO received_notifications AS notification (channel, digest, completed, at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (channel, digest) DO UPDATE SET completed = excluded.completed, at = excluded.at
  WHERE notification.completed < excluded.completed`);

@Injectable()
export class PostgresReceivedNotifications extends ReceivedNotifications {
  constructor(private readonly database: Database) {
    super();
  }

  async completed({ channel, digest }: ReceivedNotification): Promise<number> {
    const [row] = await this.database.query<{ completed: number }>(COMPLETED, [channel, digest]);
    return row?.completed ?? 0;
  }

  async complete({ channel, digest }: ReceivedNotification, before: number, at: Date): Promise<void> {
    await this.database.change(COMPLETE, [channel, digest, before + 1, at]);
  }
}

import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Database, type Statement } from '../connection/database.js';
import { deletionFrom, Retention } from '../schema/retention.js';

export const DELETE_EXPIRED_REQUESTS: Statement = deletionFrom('idempotency_records', 'scope, key', 'at');
/** A notification that was not received for that long is counted from the start again: its requests are deleted too. */
export const DELETE_EXPIRED_NOTIFICATIONS: Statement = deletionFrom(
  'received_notifications',
  'channel, digest',
  'at',
);
/** No redelivery arrives that late; an alert that keeps firing is recorded with each notification. */
export const DELETE_EXPIRED_EPISODES: Statement = deletionFrom('alert_episodes', 'dedup_key', 'at');

/** Deletes the records of requests whose replays are no longer expected. */
@Injectable()
export class IdempotencyRetention extends Retention {
  constructor(database: Database, config: Config) {
    const statements = [DELETE_EXPIRED_REQUESTS, DELETE_EXPIRED_NOTIFICATIONS, DELETE_EXPIRED_EPISODES];
    super(database, 'expired idempotency records', statements, [config.IDEMPOTENCY_RETENTION_DAYS]);
  }
}

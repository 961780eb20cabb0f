import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Database, type Statement } from '../connection/database.js';
import { deletionFrom, Retention } from '../schema/retention.js';

export const DELETE_EXPIRED_REQUESTS: Statement = deletionFrom('idempotency_records', 'scope, key', 'at');
/** What was not delivered for that long counts from the beginning: its requests are forgotten too. */
export const DELETE_EXPIRED_NOTIFICATIONS: Statement = deletionFrom(
  'received_notifications',
  'channel, digest',
  'at',
);
/** Nothing comes so late; an alert that lasts is recorded with each repeat. */
export const DELETE_EXPIRED_EPISODES: Statement = deletionFrom('alert_episodes', 'dedup_key', 'at');

/** Removes the records of requests whose repeats are no longer expected. */
@Injectable()
export class IdempotencyRetention extends Retention {
  constructor(database: Database, config: Config) {
    const statements = [DELETE_EXPIRED_REQUESTS, DELETE_EXPIRED_NOTIFICATIONS, DELETE_EXPIRED_EPISODES];
    super(database, 'old idempotency keys', statements, [config.IDEMPOTENCY_RETENTION_DAYS]);
  }
}

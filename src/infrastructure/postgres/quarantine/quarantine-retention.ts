import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Database } from '../connection/database.js';
import { deletionFrom, Retention } from '../schema/retention.js';

const DELETE_RESOLVED = deletionFrom('intake_quarantine', 'id', 'resolved_at', `state <> 'pending'`);

/** Deletes quarantined messages that were retried or dismissed. Pending messages are never deleted. */
@Injectable()
export class QuarantineRetention extends Retention {
  constructor(database: Database, config: Config) {
    super(
      database,
      'resolved messages of the quarantine',
      [DELETE_RESOLVED],
      [config.QUARANTINE_RETENTION_DAYS],
    );
  }
}

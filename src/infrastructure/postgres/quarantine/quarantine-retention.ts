import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Database } from '../connection/database.js';
import { deletionFrom, Retention } from '../schema/retention.js';

const FORGET_SETTLED = deletionFrom('intake_quarantine', 'id', 'resolved_at', `state <> 'pending'`);

/** Removes what was retried or dismissed in the quarantine. What waits for somebody stays, however old it is. */
@Injectable()
export class QuarantineRetention extends Retention {
  constructor(database: Database, config: Config) {
    super(
      database,
      'settled messages of the quarantine',
      [FORGET_SETTLED],
      [config.QUARANTINE_RETENTION_DAYS],
    );
  }
}

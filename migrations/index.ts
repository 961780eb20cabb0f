import { CreateIncidents1766000000000 } from './1766000000000-create-incidents.js';
import { CreateIncidentCounts1766000001000 } from './1766000001000-create-incident-counts.js';
import { CreateIncidentSearch1766000002000 } from './1766000002000-create-incident-search.js';
import { CreateIdempotency1766000003000 } from './1766000003000-create-idempotency.js';
import { CreateAccessKeys1766000004000 } from './1766000004000-create-access-keys.js';
import { CreateQuarantine1766000005000 } from './1766000005000-create-quarantine.js';
import { CreateWebhookIntake1766000006000 } from './1766000006000-create-webhook-intake.js';
import { CreateFeed1766000007000 } from './1766000007000-create-feed.js';
import { CreateTimers1766000008000 } from './1766000008000-create-timers.js';
import { CreateStatistics1766000012000 } from './1766000012000-create-statistics.js';
import { CreateSessions1766000013000 } from './1766000013000-create-sessions.js';
import { CreateAttachments1766000014000 } from './1766000014000-create-attachments.js';
import { CreateHeartbeats1766000015000 } from './1766000015000-create-heartbeats.js';
import { CreateImports1766000016000 } from './1766000016000-create-imports.js';

/** The migrations in the order in which they run. */
export const MIGRATIONS = [
  CreateIncidents1766000000000,
  CreateIncidentCounts1766000001000,
  CreateIncidentSearch1766000002000,
  CreateIdempotency1766000003000,
  CreateAccessKeys1766000004000,
  CreateQuarantine1766000005000,
  CreateWebhookIntake1766000006000,
  CreateFeed1766000007000,
  CreateTimers1766000008000,
  CreateStatistics1766000012000,
  CreateSessions1766000013000,
  CreateAttachments1766000014000,
  CreateHeartbeats1766000015000,
  CreateImports1766000016000,
];

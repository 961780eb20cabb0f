import { Module } from '@nestjs/common';
import { IssueAccessKey } from './access/issue-access-key.js';
import { ListAccessKeys } from './access/list-access-keys.js';
import { RevokeAccessKey } from './access/revoke-access-key.js';
import { RotateAccessKey } from './access/rotate-access-key.js';
import { ListQuarantine } from './quarantine/list-quarantine.js';
import { ReportIntake } from './intake/report-intake.js';
import { ResolveByDedupKey } from './intake/resolve-by-dedup-key.js';
import { FeedTail } from './feed/feed-tail.js';
import { FollowFeed } from './feed/follow-feed.js';
import { ManageConsumers } from './feed/manage-consumers.js';
import { ReadEvents } from './feed/read-events.js';
import { GetIncidentHistory } from './incident/get-incident-history.js';
import { GetIncident } from './incident/get-incident.js';
import { ListIncidents } from './incident/list-incidents.js';
import { ReportIncident } from './incident/report-incident.js';
import { UpdateIncident } from './incident/update-incident.js';

const USE_CASES = [
  ReportIncident,
  UpdateIncident,
  GetIncident,
  ListIncidents,
  GetIncidentHistory,
  IssueAccessKey,
  RotateAccessKey,
  RevokeAccessKey,
  ListAccessKeys,
  ResolveByDedupKey,
  ListQuarantine,
  ReportIntake,
  FeedTail,
  FollowFeed,
  ReadEvents,
  ManageConsumers,
];

/** The use cases. The ports they need are given by whoever assembles the process. */
@Module({ providers: USE_CASES, exports: USE_CASES })
export class ApplicationModule {}

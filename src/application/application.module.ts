import { Module } from '@nestjs/common';
import { ManageAccessKeys } from './access/manage-access-keys.js';
import { ManageSessions } from './access/manage-sessions.js';
import { AttachFiles } from './attachments/attach-files.js';
import { ReadAttachments } from './attachments/read-attachments.js';
import { ApplyPolicies } from './attention/apply-policies.js';
import { ManagePolicies } from './attention/manage-policies.js';
import { RunTimers } from './attention/run-timers.js';
import { SetTimers } from './attention/set-timers.js';
import { EvaluateHeartbeats } from './heartbeat/evaluate-heartbeats.js';
import { ManageHeartbeats } from './heartbeat/manage-heartbeats.js';
import { PingListener } from './heartbeat/ping-listener.js';
import { ReceivePing } from './heartbeat/receive-ping.js';
import { FeedTail } from './feed/feed-tail.js';
import { FollowFeed } from './feed/follow-feed.js';
import { FollowIncidents } from './feed/follow-incidents.js';
import { ManageConsumers } from './feed/manage-consumers.js';
import { ReadEvents } from './feed/read-events.js';
import { MarkDuplicate } from './incident/mark-duplicate.js';
import { ReadIncidents } from './incident/read-incidents.js';
import { ImportReports } from './imports/import-reports.js';
import { ReportIncident } from './incident/report-incident.js';
import { UpdateIncident } from './incident/update-incident.js';
import { ChangeByDedupKey } from './intake/change-by-dedup-key.js';
import { ReportIntake } from './intake/report-intake.js';
import { ReadStatistics } from './statistics/read-statistics.js';

const USE_CASES = [
  ReportIncident,
  UpdateIncident,
  MarkDuplicate,
  ReadIncidents,
  ManageAccessKeys,
  ManageSessions,
  ChangeByDedupKey,
  ReportIntake,
  FeedTail,
  FollowFeed,
  FollowIncidents,
  ReadEvents,
  ManageConsumers,
  ReadStatistics,
  ManagePolicies,
  SetTimers,
  ApplyPolicies,
  RunTimers,
  ManageHeartbeats,
  ReceivePing,
  PingListener,
  EvaluateHeartbeats,
  AttachFiles,
  ReadAttachments,
  ImportReports,
];

/** The use cases. The process binds their ports to adapters. */
@Module({ providers: USE_CASES, exports: USE_CASES })
export class ApplicationModule {}

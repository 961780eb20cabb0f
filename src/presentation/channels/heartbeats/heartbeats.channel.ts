import { HEARTBEAT_CHANNEL } from '../../../domain/heartbeat/heartbeat-incident.js';
import type { Channel } from '../channel.js';

/** Incidents of jobs that have not reported, or have failed. The service reports them itself: their pings are no reports. */
export const heartbeats: Channel = { name: HEARTBEAT_CHANNEL };

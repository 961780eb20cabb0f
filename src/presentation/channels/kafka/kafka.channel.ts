import { ReportMessageRetry } from '../../intake/report-message-retry.js';
import { KAFKA_CHANNEL } from '../../intake/report-message-parser.js';
import type { Channel } from '../channel.js';

/** Reports from the topic `<prefix>.inbound`, which the worker process consumes. */
export const kafka: Channel = {
  name: KAFKA_CHANNEL,
  providers: [ReportMessageRetry],
  retryHandler: ReportMessageRetry,
};

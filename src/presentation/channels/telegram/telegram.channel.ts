import { ReportMessageRetry } from '../../intake/report-message-retry.js';
import type { Channel } from '../channel.js';

/** Reports from chats. The bot is a client of the API, and relays them by REST or Kafka. */
export const telegram: Channel = {
  name: 'telegram',
  isRelayed: true,
  providers: [ReportMessageRetry],
  retryHandler: ReportMessageRetry,
};

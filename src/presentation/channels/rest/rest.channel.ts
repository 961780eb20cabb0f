import { API_CHANNEL } from '../../http/auth/provenance.js';
import type { Channel } from '../channel.js';

/** Reports by `POST /api/v1/incidents`, one at a time or as lines. The sender receives every error: nothing is quarantined. */
export const rest: Channel = { name: API_CHANNEL };

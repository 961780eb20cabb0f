import { IMPORT_CHANNEL } from '../../../domain/imports/import-channel.js';
import type { Channel } from '../channel.js';

/** Reports from files. Whoever imports them receives every error: nothing is quarantined. */
export const imported: Channel = { name: IMPORT_CHANNEL };

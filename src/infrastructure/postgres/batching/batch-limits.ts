import { LIMITS_MS } from '../connection/connection.js';
import { splitOf } from './batch-split.js';

/** The limits of batches of single requests; see `BatcherOptions`. */
export const BATCH_LIMITS = {
  maxBatch: 256,
  // 256 short reports, or a dozen of the longest: those cost the search index the most.
  maxBatchBytes: 160 * 1024,
  minBatch: 16,
  maxInFlight: 2,
  maxQueued: 20_000,
  maxQueuedBytes: 64 * 1024 * 1024,
  timeoutMs: LIMITS_MS.total,
  splitOf,
} as const;

import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { ChannelRegistry } from '../../application/intake/channel-registry.js';
import { Config } from '../../config/config.js';
import { Database } from '../postgres/connection/database.js';
import { registerStoreGauges } from './store-gauges.js';

export const PENDING = `
  SELECT channel, count(*) AS rows, sum(length(payload))::bigint AS bytes FROM intake_quarantine
  WHERE state = 'pending' GROUP BY channel`;

interface PendingRow {
  readonly channel: string;
  readonly rows: number;
  readonly bytes: number;
}

const labelNames = ['channel'];

const GAUGES = {
  rows: {
    name: 'quarantine_pending',
    help: 'Messages in the quarantine that nobody has retried or dismissed yet.',
    labelNames,
  },
  bytes: {
    name: 'intake_quarantined_bytes',
    help: 'The size of the pending messages in the quarantine.',
    labelNames,
  },
  used: {
    name: 'quarantine_used_ratio',
    help: 'The used share of the quota of a channel in the quarantine, of rows or bytes, whichever is more; 1 is full.',
    labelNames,
  },
};

/** The pending messages of the quarantine. */
@Injectable()
export class QuarantineMetrics {
  constructor(registry: Registry, database: Database, config: Config, { names }: ChannelRegistry) {
    const { QUARANTINE_MAX_ROWS, quarantineMaxBytes } = config;
    registerStoreGauges(registry, GAUGES, async (gauges) => {
      const found = await database.query<PendingRow>(PENDING);
      for (const gauge of Object.values(gauges)) for (const channel of names) gauge.set({ channel }, 0);
      for (const { channel, rows, bytes } of found) {
        gauges.rows.set({ channel }, rows);
        gauges.bytes.set({ channel }, bytes);
        gauges.used.set({ channel }, Math.max(rows / QUARANTINE_MAX_ROWS, bytes / quarantineMaxBytes));
      }
    });
  }
}

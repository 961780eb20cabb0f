import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { Config } from '../../config/config.js';
import { ChannelRegistry } from '../../application/intake/channel-registry.js';
import { Database } from '../postgres/connection/database.js';
import { skipUnavailable } from './skip-unavailable.js';

export const PENDING = `
  SELECT channel, count(*) AS rows, sum(length(payload))::bigint AS bytes FROM intake_quarantine
  WHERE state = 'pending' GROUP BY channel`;

interface PendingRow {
  readonly channel: string;
  readonly rows: number;
  readonly bytes: number;
}

/** The pending messages of the quarantine, queried at each scrape. */
@Injectable()
export class QuarantineMetrics {
  private readonly rows: Gauge<'channel'>;
  private readonly bytes: Gauge<'channel'>;
  private readonly used: Gauge<'channel'>;
  private measuring: Promise<void> | undefined;

  constructor(
    registry: Registry,
    private readonly database: Database,
    private readonly config: Config,
    private readonly channels: ChannelRegistry,
  ) {
    // One query for all three gauges, which a scrape collects at the same time.
    const measure = () => (this.measuring ??= this.measure().finally(() => (this.measuring = undefined)));
    const gauge = (name: string, help: string) =>
      new Gauge({
        name,
        help,
        labelNames: ['channel'],
        // Every process reads the same from the database.
        aggregator: 'max',
        registers: [registry],
        collect: measure,
      });
    this.rows = gauge(
      'quarantine_pending',
      'Messages in the quarantine that nobody has retried or dismissed yet.',
    );
    this.bytes = gauge('intake_quarantined_bytes', 'The size of the pending messages in the quarantine.');
    this.used = gauge(
      'quarantine_used_ratio',
      'The used share of the quota of a channel in the quarantine, of rows or bytes, whichever is more; 1 is full.',
    );
  }

  private async measure(): Promise<void> {
    const gauges = [this.rows, this.bytes, this.used];
    for (const gauge of gauges) gauge.reset();
    const found = await skipUnavailable(() => this.database.query<PendingRow>(PENDING));
    if (!found) return;
    for (const gauge of gauges) for (const channel of this.channels.names) gauge.set({ channel }, 0);
    const { QUARANTINE_MAX_ROWS, quarantineMaxBytes } = this.config;
    for (const { channel, rows, bytes } of found) {
      this.rows.set({ channel }, rows);
      this.bytes.set({ channel }, bytes);
      this.used.set({ channel }, Math.max(rows / QUARANTINE_MAX_ROWS, bytes / quarantineMaxBytes));
    }
  }
}

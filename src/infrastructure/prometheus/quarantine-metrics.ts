import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { StoreUnavailable } from '../../application/operations/store-unavailable.js';
import { Config } from '../../config/config.js';
import { ChannelRegistry } from '../../application/intake/channel-registry.js';
import { Database } from '../postgres/connection/database.js';

export const PENDING = `
  SELECT channel, count(*) AS rows, sum(length(payload))::bigint AS bytes FROM intake_quarantine
  WHERE state = 'pending' GROUP BY channel`;

interface PendingRow {
  readonly channel: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What waits in the quarantine, looked up when Prometheus asks. */
@Injectable()
export class QuarantineMetrics {
  private readonly logger = new Logger(QuarantineMetrics.name);
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
    // The gauges are asked at the same time, and are answered by one look.
    const measure = () => (this.measuring ??= this.measure().finally(() => (this.measuring = undefined)));
    const gauge = (name: string, help: string) =>
      new Gauge({
        name,
        help,
        labelNames: ['channel'],
        // Every process of the service reads the same from the database.
        aggregator: 'max',
        registers: [registry],
        collect: measure,
      });
    this.rows = gauge('quarantine_pending', 'What waits in the quarantine for somebody to look at it.');
    this.bytes = gauge('intake_quarantined_bytes', 'The size of what waits in the quarantine.');
    this.used = gauge(
      'quarantine_used_ratio',
      'How much of its quota in the quarantine a channel has used, of rows or bytes, whichever is more; 1 is full.',
    );
  }

  private async measure(): Promise<void> {
    const gauges = [this.rows, this.bytes, this.used];
    for (const gauge of gauges) gauge.reset();
    try {
      const found = await this.database.query<PendingRow>(PENDING);
      for (const gauge of gauges) for (const channel of this.channels.names) gauge.set({ channel }, 0);
      const { QUARANTINE_MAX_ROWS, quarantineMaxBytes } = this.config;
      for (const { channel, rows, bytes } of found) {
        this.rows.set({ channel }, rows);
        this.bytes.set({ channel }, bytes);
        this.used.set({ channel }, Math.max(rows / QUARANTINE_MAX_ROWS, bytes / quarantineMaxBytes));
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.logger.warn(`a metric is left out: ${error.message}`);
    }
  }
}

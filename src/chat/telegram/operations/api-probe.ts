import { Injectable } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { doneOrShutdown } from '../../../shared/shutdown-error.js';
import { IncidentsApiClient } from '../../core/api/incidents-api-client.js';
import { ApiRejection, TransientApiError } from '../../core/api/incidents-api-responses.js';
import { BotHealth } from './bot-health.js';

/** How often the API is probed while no update needs it. */
const PROBE_INTERVAL_MS = 30_000;

/** Sends requests to the API now and then, so that the bot's health is current while nobody writes. */
@Injectable()
export class ApiProbe {
  constructor(
    private readonly client: IncidentsApiClient,
    private readonly health: BotHealth,
    private readonly stop: AbortSignal,
  ) {}

  /** Resolves when the bot is stopped. */
  async run(): Promise<void> {
    do {
      if (this.health.millisecondsSinceApiRequest >= PROBE_INTERVAL_MS) await doneOrShutdown(this.probe());
    } while (await sleepUnlessAborted(PROBE_INTERVAL_MS, this.stop));
  }

  private async probe(): Promise<void> {
    try {
      await this.client.sendOnce({ method: 'GET', path: '/incidents?limit=1' });
    } catch (error) {
      // The client has recorded it.
      if (!(error instanceof TransientApiError || error instanceof ApiRejection)) throw error;
    }
  }
}

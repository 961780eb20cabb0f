import { Injectable, Logger } from '@nestjs/common';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { bestOffer } from '../../core/actions/similar-incident.js';
import type { Incident } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { ApiRejection, TransientApiError } from '../../core/api/incidents-api-responses.js';
import { similarMessage } from '../../core/messages/incident-text.js';
import { Translations } from '../../core/translations/translations.js';
import type { UpdatableMessage } from './replies.js';

/** Concurrent lookups: the API searches for others, too. */
const MAX_CONCURRENT = 1;

/** Beyond it, new reports get no offer. */
const MAX_WAITING = 100;

interface Offer {
  readonly incident: Incident;
  readonly reply: UpdatableMessage;
}

const logger = new Logger('SimilarOffers');

/**
 * Offers below the reply to a report to mark it as a duplicate, if there is a similar incident. The reply is there already, and is
 * edited; in a storm, where it is a line of another message, there is no offer. Best effort, concurrent with the handling of updates: nobody waits for it.
 */
@Injectable()
export class SimilarOffers {
  /** Those that wait or are looked up, by their incidents; a cancelled one is not among them. */
  private readonly pending = new Map<number, Offer>();
  private readonly waiting: Offer[] = [];
  private running = 0;

  constructor(
    private readonly api: IncidentsApi,
    private readonly translations: Translations,
  ) {}

  /** @param reply the message that shows the incident, which was just reported. */
  offer(incident: Incident, reply: UpdatableMessage): void {
    if (incident.status !== 'NEW' || this.waiting.length >= MAX_WAITING) return;
    const offer = { incident, reply };
    this.pending.set(incident.id, offer);
    this.waiting.push(offer);
    this.startNext();
  }

  /** The message about the incident will show something else: an offer would replace that. */
  cancel(incidentId: number): void {
    this.pending.delete(incidentId);
  }

  private startNext(): void {
    if (this.running >= MAX_CONCURRENT) return;
    const offer = this.waiting.shift();
    if (!offer) return;
    this.running++;
    void this.lookUp(offer).finally(() => {
      this.running--;
      this.startNext();
    });
  }

  private async lookUp(offer: Offer): Promise<void> {
    const { incident, reply } = offer;
    const isPending = () => this.pending.get(incident.id) === offer;
    if (!isPending()) return;
    try {
      const similar = bestOffer(await this.api.similarOnce(incident.id));
      if (similar && isPending()) {
        reply.update(similarMessage(incident, similar, this.translations), 'leave');
      }
    } catch (error) {
      if (error instanceof ShutdownError) return;
      const what = `look up incidents that are similar to ${incident.id}`;
      if (error instanceof TransientApiError || error instanceof ApiRejection)
        logger.warn(`could not ${what} (${error.message})`);
      else logger.error({ err: error, msg: `could not ${what}` });
    } finally {
      if (isPending()) this.cancel(incident.id);
    }
  }
}

import { Injectable } from '@nestjs/common';
import type { QuarantinedMessageId } from '../../domain/quarantine/quarantined-message.js';
import { QuarantinedMessageNotFound } from '../../domain/quarantine/quarantine-errors.js';
import { Quarantine, type QuarantinePage, type QuarantineQuery } from './quarantine.js';

/** Lists quarantined messages, and reads their payloads. */
@Injectable()
export class ListQuarantine {
  constructor(private readonly quarantine: Quarantine) {}

  page(query: QuarantineQuery): Promise<QuarantinePage> {
    return this.quarantine.page(query);
  }

  /**
   * The payload of a message, verbatim.
   * @throws QuarantinedMessageNotFound
   */
  async payload(id: QuarantinedMessageId): Promise<Buffer> {
    const content = await this.quarantine.content(id);
    if (!content) throw new QuarantinedMessageNotFound(id);
    return content.payload;
  }
}

import { Injectable } from '@nestjs/common';
import type { QuarantinedMessageId } from '../../domain/quarantine/quarantined-message.js';
import { QuarantinedMessageNotFound } from '../../domain/quarantine/quarantine-errors.js';
import { Quarantine, type QuarantinePage, type QuarantineQuery } from './quarantine.js';

/** Shows what is in the quarantine. */
@Injectable()
export class ListQuarantine {
  constructor(private readonly quarantine: Quarantine) {}

  page(query: QuarantineQuery): Promise<QuarantinePage> {
    return this.quarantine.page(query);
  }

  /**
   * All bytes of a piece, as they came.
   * @throws QuarantinedMessageNotFound
   */
  async payload(id: QuarantinedMessageId): Promise<Buffer> {
    const content = await this.quarantine.content(id);
    if (!content) throw new QuarantinedMessageNotFound(id);
    return content.payload;
  }
}

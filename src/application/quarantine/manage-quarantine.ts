import { Injectable } from '@nestjs/common';
import type { KeyReference } from '../../domain/access/access-key.js';
import type {
  QuarantinedMessage,
  QuarantinedMessageId,
  QuarantineState,
} from '../../domain/quarantine/quarantined-message.js';
import {
  QuarantinedMessageNotFound,
  QuarantinedMessageResolved,
  RetryFailed,
} from '../../domain/quarantine/quarantine-errors.js';
import { Clock } from '../operations/clock.js';
import { Quarantine, type QuarantinePage, type QuarantineQuery } from './quarantine.js';
import { RetryHandlers } from './retry-handlers.js';

/** Lists, reads, retries and dismisses quarantined messages. */
@Injectable()
export class ManageQuarantine {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly handlers: RetryHandlers,
    private readonly clock: Clock,
  ) {}

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

  /**
   * Processes a message again: a newer version of the service may accept it, or the database may have changed. The message takes
   * effect once, however many retries there are.
   * @throws QuarantinedMessageNotFound, QuarantinedMessageResolved, or RetryFailed with the reason.
   */
  async retry(id: QuarantinedMessageId, actor: string, accessKey: KeyReference): Promise<QuarantinedMessage> {
    const { channel, state } = await this.find(id);
    if (state !== 'pending') throw new QuarantinedMessageResolved(id, state);
    const handler = this.handlers.of(channel);
    if (!handler) throw new RetryFailed(`messages of the channel ${channel} cannot be retried.`);
    const content = (await this.quarantine.content(id))!;
    const reason = await handler.retry(content, `quarantine:${id}`, accessKey);
    if (reason !== undefined) throw new RetryFailed(reason);
    return this.resolve(id, 'accepted', actor);
  }

  /**
   * Marks a message as useless. It stays stored until its retention ends.
   * @throws QuarantinedMessageNotFound or QuarantinedMessageResolved.
   */
  async dismiss(id: QuarantinedMessageId, actor: string): Promise<QuarantinedMessage> {
    return this.resolve(id, 'dismissed', actor);
  }

  private async resolve(
    id: QuarantinedMessageId,
    state: Exclude<QuarantineState, 'pending'>,
    by: string,
  ): Promise<QuarantinedMessage> {
    const resolved = await this.quarantine.resolve(id, state, { by, at: this.clock.now() });
    if (resolved) return resolved;
    const { state: currentState } = await this.find(id);
    throw new QuarantinedMessageResolved(id, currentState);
  }

  private async find(id: QuarantinedMessageId): Promise<QuarantinedMessage> {
    const message = await this.quarantine.find(id);
    if (!message) throw new QuarantinedMessageNotFound(id);
    return message;
  }
}

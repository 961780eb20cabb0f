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
import { Quarantine } from './quarantine.js';
import { RetryHandlers } from './retry-handlers.js';

/** Retries and dismisses quarantined messages. */
@Injectable()
export class ManageQuarantine {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly handlers: RetryHandlers,
    private readonly clock: Clock,
  ) {}

  /**
   * Processes a message again: a newer version of the service may accept it, or the register may have changed. The message takes
   * effect once, however many retries there are.
   * @throws QuarantinedMessageNotFound, QuarantinedMessageResolved, or RetryFailed with the reason.
   */
  async retry(id: QuarantinedMessageId, actor: string, accessKey: KeyReference): Promise<QuarantinedMessage> {
    const { channel } = await this.findPending(id);
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

  private async findPending(id: QuarantinedMessageId): Promise<QuarantinedMessage> {
    const message = await this.find(id);
    if (message.state !== 'pending') throw new QuarantinedMessageResolved(id, message.state);
    return message;
  }

  private async find(id: QuarantinedMessageId): Promise<QuarantinedMessage> {
    const message = await this.quarantine.find(id);
    if (!message) throw new QuarantinedMessageNotFound(id);
    return message;
  }
}

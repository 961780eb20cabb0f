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

/** Ends the waiting of what is in the quarantine. */
@Injectable()
export class ManageQuarantine {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly intakes: RetryHandlers,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes it in after all: by a newer version of the service, or into a register that has changed since. However often and
   * by how many it is tried, it is taken in once.
   * @throws QuarantinedMessageNotFound, QuarantinedMessageResolved, or RetryFailed with the reason.
   */
  async retry(id: QuarantinedMessageId, actor: string, accessKey: KeyReference): Promise<QuarantinedMessage> {
    const { channel } = await this.waiting(id);
    const intake = this.intakes.of(channel);
    if (!intake) throw new RetryFailed(`nothing takes in what comes by ${channel}.`);
    const content = (await this.quarantine.content(id))!;
    const reason = await intake.take(content, `quarantine:${id}`, accessKey);
    if (reason !== undefined) throw new RetryFailed(reason);
    return this.settle(id, 'accepted', actor);
  }

  /**
   * Says that it is of no use. It is kept.
   * @throws QuarantinedMessageNotFound or QuarantinedMessageResolved.
   */
  async dismiss(id: QuarantinedMessageId, actor: string): Promise<QuarantinedMessage> {
    return this.settle(id, 'dismissed', actor);
  }

  private async settle(
    id: QuarantinedMessageId,
    state: Exclude<QuarantineState, 'pending'>,
    by: string,
  ): Promise<QuarantinedMessage> {
    const settled = await this.quarantine.settle(id, state, { by, at: this.clock.now() });
    if (settled) return settled;
    const { state: now } = await this.find(id);
    throw new QuarantinedMessageResolved(id, now);
  }

  private async waiting(id: QuarantinedMessageId): Promise<QuarantinedMessage> {
    const piece = await this.find(id);
    if (piece.state !== 'pending') throw new QuarantinedMessageResolved(id, piece.state);
    return piece;
  }

  private async find(id: QuarantinedMessageId): Promise<QuarantinedMessage> {
    const piece = await this.quarantine.find(id);
    if (!piece) throw new QuarantinedMessageNotFound(id);
    return piece;
  }
}

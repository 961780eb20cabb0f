import { Injectable } from '@nestjs/common';
import type { KeyReference } from '../../domain/access/access-key.js';
import type {
  Quarantined,
  QuarantinedId,
  QuarantineState,
} from '../../domain/quarantine/quarantined-message.js';
import {
  QuarantinedNotFound,
  QuarantinedSettled,
  StillUnfit,
} from '../../domain/quarantine/quarantine-errors.js';
import { Clock } from '../operations/clock.js';
import { Quarantine } from './quarantine.js';
import { ChannelIntakes } from './retry-handlers.js';

/** Ends the waiting of what is in the quarantine. */
@Injectable()
export class SettleQuarantined {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly intakes: ChannelIntakes,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes it in after all: by a newer version of the service, or into a register that has changed since. However often and
   * by how many it is tried, it is taken in once.
   * @throws QuarantinedNotFound, QuarantinedSettled, or StillUnfit with the reason.
   */
  async retry(id: QuarantinedId, actor: string, accessKey: KeyReference): Promise<Quarantined> {
    const { channel } = await this.waiting(id);
    const intake = this.intakes.of(channel);
    if (!intake) throw new StillUnfit(`nothing takes in what comes by ${channel}.`);
    const content = (await this.quarantine.content(id))!;
    const reason = await intake.take(content, `quarantine:${id}`, accessKey);
    if (reason !== undefined) throw new StillUnfit(reason);
    return this.settle(id, 'taken_in', actor);
  }

  /**
   * Says that it is of no use. It is kept.
   * @throws QuarantinedNotFound or QuarantinedSettled.
   */
  async dismiss(id: QuarantinedId, actor: string): Promise<Quarantined> {
    return this.settle(id, 'dismissed', actor);
  }

  private async settle(
    id: QuarantinedId,
    state: Exclude<QuarantineState, 'waiting'>,
    by: string,
  ): Promise<Quarantined> {
    const settled = await this.quarantine.settle(id, state, { by, at: this.clock.now() });
    if (settled) return settled;
    const { state: now } = await this.find(id);
    throw new QuarantinedSettled(id, now);
  }

  private async waiting(id: QuarantinedId): Promise<Quarantined> {
    const piece = await this.find(id);
    if (piece.state !== 'waiting') throw new QuarantinedSettled(id, piece.state);
    return piece;
  }

  private async find(id: QuarantinedId): Promise<Quarantined> {
    const piece = await this.quarantine.find(id);
    if (!piece) throw new QuarantinedNotFound(id);
    return piece;
  }
}

import { Injectable } from '@nestjs/common';
import type { QuarantineDraft } from '../../domain/quarantine/quarantined-message.js';
import { Clock } from '../operations/clock.js';
import { Quarantine } from './quarantine.js';

/** Keeps in the quarantine what a client could not bring into the register. The same piece is kept once. */
@Injectable()
export class QuarantineMessage {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
  ) {}

  async execute(piece: Omit<QuarantineDraft, 'at'>): Promise<void> {
    await this.quarantine.keep({ ...piece, at: this.clock.now() });
  }
}

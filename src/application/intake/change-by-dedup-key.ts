import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import { IncidentRepository, type WriteResult } from '../../domain/incident/incident-repository.js';
import type { Workload } from '../../domain/access/workload.js';
import { Clock } from '../operations/clock.js';

export interface ChangeByDedupKeyCommand extends Provenance {
  readonly dedupKey: string;
  /** The new status: somebody works on it, or its cause is gone; undefined if it stays. */
  readonly to?: 'IN_PROGRESS' | 'RESOLVED';
  /** A text to append to the description. */
  readonly text?: string;
  /** Who takes the incident that becomes IN_PROGRESS; by default nobody. */
  readonly taker?: string;
  readonly idempotency?: IdempotencyKey;
  readonly workload?: Workload;
}

/** Changes the open incident of a cause, as a monitoring system asks that knows only its own name of the cause. */
@Injectable()
export class ChangeByDedupKey {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Appends the text, and moves the incident: to RESOLVED by the shortest legal path, to IN_PROGRESS if it is NEW. An incident that is
   * there already, or further, does not move.
   * @returns undefined if the channel has no open incident with this deduplication key, for example because a person closed it.
   * @throws InvalidText or DescriptionTooLong.
   */
  execute({
    dedupKey,
    to,
    text,
    taker,
    idempotency,
    workload,
    ...provenance
  }: ChangeByDedupKeyCommand): Promise<WriteResult | undefined> {
    const change = { ...provenance, at: this.clock.now() };
    return this.incidents.changeOpenByDedupKey(
      { channel: provenance.channel, dedupKey },
      (incident) => {
        if (text !== undefined) incident.append(text, change);
        // Nobody takes it by its end: its sender only says that it is over.
        if (to === 'RESOLVED' && incident.status !== 'RESOLVED')
          incident.moveTo('RESOLVED', change, 'shortest', null);
        if (to === 'IN_PROGRESS' && incident.status === 'NEW')
          incident.moveTo('IN_PROGRESS', change, 'direct', taker ?? null);
      },
      idempotency,
      workload,
    );
  }
}

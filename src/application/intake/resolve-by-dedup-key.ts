import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import { IncidentRepository, type WriteResult } from '../../domain/incident/incident-repository.js';
import type { Workload } from '../../domain/access/workload.js';
import { Clock } from '../operations/clock.js';

export interface ResolveByDedupKeyCommand extends Provenance {
  readonly dedupKey: string;
  readonly idempotency?: IdempotencyKey;
  readonly workload?: Workload;
}

/** Resolves the open incident of a cause that a monitoring system no longer detects. */
@Injectable()
export class ResolveByDedupKey {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Moves the incident to RESOLVED by the shortest legal path; a RESOLVED incident does not change.
   * @returns undefined if the channel has no open incident with this deduplication key, for example because a person closed it.
   */
  execute({
    dedupKey,
    idempotency,
    workload,
    ...provenance
  }: ResolveByDedupKeyCommand): Promise<WriteResult | undefined> {
    const change = { ...provenance, at: this.clock.now() };
    return this.incidents.changeOpenByDedupKey(
      { channel: provenance.channel, dedupKey },
      (incident) => {
        // Nobody takes it: its sender only says that it is over.
        if (incident.status !== 'RESOLVED') incident.moveTo('RESOLVED', change, 'shortest', null);
      },
      idempotency,
      workload,
    );
  }
}

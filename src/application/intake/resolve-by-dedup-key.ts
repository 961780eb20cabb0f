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

/** Takes note that a machine does not see a problem any more: the channel's incident is RESOLVED, by legal moves. */
@Injectable()
export class ResolveByDedupKey {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /** Resolves with undefined where no incident of this channel is open under this key, as when a person has closed it. */
  execute({
    dedupKey,
    idempotency,
    workload,
    ...author
  }: ResolveByDedupKeyCommand): Promise<WriteResult | undefined> {
    const change = { ...author, at: this.clock.now() };
    return this.incidents.changeOpenByDedupKey(
      { channel: author.channel, dedupKey },
      (incident) => {
        if (incident.status !== 'RESOLVED') incident.moveTo('RESOLVED', change, 'shortest');
      },
      idempotency,
      workload,
    );
  }
}

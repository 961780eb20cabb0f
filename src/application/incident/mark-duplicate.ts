import { Injectable } from '@nestjs/common';
import type { Workload } from '../../domain/access/workload.js';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import { DuplicateCycle, IncidentNotFound, OriginalNotFound } from '../../domain/incident/incident-errors.js';
import { IncidentRepository, type WriteResult } from '../../domain/incident/incident-repository.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { Incident } from '../../domain/incident/incident.js';
import { Clock } from '../operations/clock.js';

export interface MarkDuplicateCommand extends Provenance {
  readonly id: IncidentId;
  /** The incident that this one repeats; if that is a duplicate itself, its original counts. */
  readonly duplicateOf: IncidentId;
  /** The text to append to the description of the duplicate. */
  readonly addition?: string;
  /** Reject the change unless this holds for the version of the duplicate; undefined for any. */
  readonly isExpected?: (version: number) => boolean;
  readonly idempotency?: IdempotencyKey;
  readonly workload?: Workload;
}

/** Marks an incident as a duplicate of another one: it is closed, and counts there, in one transaction. */
@Injectable()
export class MarkDuplicate {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves with the duplicate.
   * @throws IdempotencyKeyReused, IncidentNotFound, VersionMismatch, OriginalNotFound, InvalidText, DescriptionTooLong, DuplicateCycle or
   * AlreadyDuplicate, in this order.
   */
  async execute(command: MarkDuplicateCommand): Promise<WriteResult> {
    const { id, duplicateOf, addition, isExpected, idempotency, workload } = command;
    const { actor, accessKey, channel } = command;
    const change = { actor, accessKey, channel, at: this.clock.now() };
    const act = (incident: Incident, original: Incident | undefined) => {
      if (isExpected) incident.requireVersion(isExpected);
      if (!original) throw new OriginalNotFound(duplicateOf);
      if (addition !== undefined) incident.append(addition, change);
      if (original.id === id) throw new DuplicateCycle(id, duplicateOf);
      // Its original may have been marked as a duplicate since.
      if (incident.state.duplicateOf !== duplicateOf) incident.markAsDuplicateOf(original, change);
    };
    const result = await this.incidents.changeWithOriginal({ id, duplicateOf }, act, idempotency, workload);
    if (!result) throw new IncidentNotFound(id);
    return result;
  }
}

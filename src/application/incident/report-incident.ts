import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/idempotency.js';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import { IncidentRepository, type Recorded } from '../../domain/incident/incident-repository.js';
import { assertFitText } from '../../domain/incident/incident-text.js';
import { Clock } from '../ports/clock.js';

export interface ReportIncidentCommand {
  readonly description: string;
  readonly source: IncidentSource;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/** Takes a report into the register: once this resolves, the incident is committed. */
@Injectable()
export class ReportIncident {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws InvalidText where the description is not fit for the register, or IdempotencyKeyReused. */
  execute({ description, source, actor, idempotency }: ReportIncidentCommand): Promise<Recorded> {
    assertFitText(description);
    return this.incidents.add({ description, source, actor, at: this.clock.now() }, idempotency);
  }
}

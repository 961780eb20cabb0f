import { ApiProperty } from '@nestjs/swagger';
import { INTAKE_OUTCOMES, type IntakeOutcome } from '../../application/intake/intake-metrics.js';

type Counts = Record<IntakeOutcome, number>;

const count = { type: 'integer', minimum: 0, example: 0 } as const;

/** How many reports of a request had each outcome. */
export class IntakeCountsResponse {
  /** New incidents. */
  @ApiProperty({ ...count, example: 2 })
  created: number;

  /** Further reports of open incidents, and replays. */
  @ApiProperty(count)
  duplicate: number;

  /** Incidents that were changed, as by a resolved alert. */
  @ApiProperty({ ...count, example: 1 })
  updated: number;

  /** Invalid messages, which are in the quarantine. */
  @ApiProperty(count)
  quarantined: number;

  static from(outcomes: readonly IntakeOutcome[]) {
    const counts = Object.fromEntries(INTAKE_OUTCOMES.map((outcome) => [outcome, 0])) as Counts;
    for (const outcome of outcomes) counts[outcome]++;
    const { created, duplicate, updated, quarantined } = counts;
    return { created, duplicate, updated, quarantined } satisfies IntakeCountsResponse;
  }
}

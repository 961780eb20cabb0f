import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { Recorded } from '../../domain/incident/incident-repository.js';

/**
 * What can become of something that came by a channel: it makes an incident, repeats a report or a request, or changes an
 * incident; it is kept in the quarantine; or it is refused, and its sender is told so and why.
 */
export const INTAKE_OUTCOMES = ['created', 'repeated', 'applied', 'quarantined', 'refused'] as const;

export type IntakeOutcome = (typeof INTAKE_OUTCOMES)[number];

/** The accounts of intake: by each channel as many are settled as were received, whatever becomes of them. */
export abstract class IntakeMetrics {
  abstract received(channel: IncidentChannel): void;
  abstract settled(channel: IncidentChannel, outcome: IntakeOutcome): void;

  /**
   * Does what is to be done with something that came by a channel, and keeps account of it.
   * @param outcomeOfRecorded what it is where something was recorded: by default, what becomes of a report.
   */
  async counted<Result extends Recorded | IntakeOutcome>(
    channel: IncidentChannel,
    take: () => Promise<Result>,
    outcomeOfRecorded: (recorded: Recorded) => IntakeOutcome = outcomeOf,
  ): Promise<Result> {
    this.received(channel);
    let outcome: IntakeOutcome = 'refused';
    try {
      const result = await take();
      outcome = typeof result === 'string' ? result : outcomeOfRecorded(result);
      return result;
    } finally {
      this.settled(channel, outcome);
    }
  }
}

/** What has become of a report that was taken in. */
export function outcomeOf({ incident, isRepeat }: Recorded): 'created' | 'repeated' {
  return isRepeat || !incident.isUnchanged ? 'repeated' : 'created';
}

/** What has become of a change that was asked for, and made. */
export function outcomeOfChange({ isRepeat }: Recorded): 'applied' | 'repeated' {
  return isRepeat ? 'repeated' : 'applied';
}

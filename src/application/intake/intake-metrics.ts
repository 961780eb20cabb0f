import { DomainError } from '../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../domain/incident/idempotency.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { WriteResult } from '../../domain/incident/incident-repository.js';

/**
 * What can become of something that came by a channel:
 * - `created`: it has made an incident.
 * - `repeated`: it was a further report of an incident, or a request that was sent again.
 * - `applied`: it has changed an incident.
 * - `quarantined`: it cannot be taken in, and is kept.
 * - `refused`: it cannot be taken in, and its sender is told why.
 * - `unavailable`: the service could not do it, or does not know whether it did (503, 500), or its connection or the process
 *   ended before; so did a request whose first attempt is still in flight. Its sender may send it again.
 */
export const INTAKE_OUTCOMES = [
  'created',
  'duplicate',
  'updated',
  'quarantined',
  'rejected',
  'unavailable',
] as const;

export type IntakeOutcome = (typeof INTAKE_OUTCOMES)[number];

/** The accounts of intake: by each channel as many are settled as were received, whatever becomes of them. */
export abstract class IntakeMetrics {
  abstract received(channel: IncidentChannel): void;
  abstract settled(channel: IncidentChannel, outcome: IntakeOutcome): void;

  /** So many alerts were left out of what came by a channel by its sender. */
  abstract truncated(channel: IncidentChannel, alerts: number): void;

  /**
   * Does what is to be done with something that came by a channel, and keeps account of it.
   * @param outcomeOfRecorded what it is where something was recorded: by default, what becomes of a report.
   */
  async counted<Result extends WriteResult | IntakeOutcome>(
    channel: IncidentChannel,
    take: () => Promise<Result>,
    outcomeOfRecorded: (recorded: WriteResult) => IntakeOutcome = outcomeOf,
  ): Promise<Result> {
    this.received(channel);
    let outcome: IntakeOutcome = 'unavailable';
    try {
      const result = await take();
      outcome = typeof result === 'string' ? result : outcomeOfRecorded(result);
      return result;
    } catch (error) {
      if (isRefusal(error)) outcome = 'rejected';
      throw error;
    } finally {
      this.settled(channel, outcome);
    }
  }
}

/**
 * Whether this error says that what was asked for is wrong, by a rule of the domain or by a 4xx. A key that is in use and a
 * client that is gone say nothing about what was asked for.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof DomainError) return !(error instanceof IdempotencyKeyInUse);
  const { status, type } = error as { readonly status?: unknown; readonly type?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 && type !== 'request.aborted';
}

/** What has become of a report that was taken in. */
export function outcomeOf({ incident, isReplay }: WriteResult): 'created' | 'duplicate' {
  return isReplay || !incident.isUnchanged ? 'duplicate' : 'created';
}

/** What has become of a change that was asked for, and made. */
export function outcomeOfChange({ isReplay }: WriteResult): 'updated' | 'duplicate' {
  return isReplay ? 'duplicate' : 'updated';
}

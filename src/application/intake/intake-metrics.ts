import { DomainError } from '../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../domain/incident/idempotency.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { WriteResult } from '../../domain/incident/incident-repository.js';
import type { Rejection } from './message-broker.js';

/**
 * What becomes of something that was received by a channel:
 * - `created`: it created an incident.
 * - `duplicate`: it was a further report of an incident, or a replay.
 * - `updated`: it changed an incident.
 * - `quarantined`: it is invalid, and is stored for an operator.
 * - `rejected`: it is invalid, and its sender got the error.
 * - `unavailable`: the service could not process it, or does not know whether it did (503, 500), or its connection or the process
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

/** Counts what each channel receives, and its outcomes: once nothing is in flight, both are equal. */
export abstract class IntakeMetrics {
  abstract received(channel: IncidentChannel): void;
  abstract settled(channel: IncidentChannel, outcome: IntakeOutcome): void;

  /** Counts alerts that a sender left out of what it sent. */
  abstract truncated(channel: IncidentChannel, alerts: number): void;

  /**
   * Processes something that was received by a channel, and counts it with its outcome.
   * @param outcomeOfWrite the outcome of a write; by default, that of a report.
   */
  async counted<Result extends WriteResult | IntakeOutcome>(
    channel: IncidentChannel,
    process: () => Promise<Result>,
    outcomeOfWrite: (result: WriteResult) => IntakeOutcome = outcomeOf,
  ): Promise<Result> {
    this.received(channel);
    let outcome: IntakeOutcome = 'unavailable';
    try {
      const result = await process();
      outcome = typeof result === 'string' ? result : outcomeOfWrite(result);
      return result;
    } catch (error) {
      if (isRejection(error)) outcome = 'rejected';
      throw error;
    } finally {
      this.settled(channel, outcome);
    }
  }
}

/**
 * Whether this error says that the request itself is invalid, by a rule of the domain or by a 4xx. A key that is in use and a
 * client that closed the connection say nothing about the request.
 */
export function isRejection(error: unknown): error is Error {
  if (error instanceof DomainError) return !(error instanceof IdempotencyKeyInUse);
  const { status, type } = error as { readonly status?: unknown; readonly type?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 && type !== 'request.aborted';
}

/** The code and the detail of an error for which `isRejection` is true. */
export function rejectionOf(error: Error): Rejection {
  const { code } = error as { readonly code?: unknown };
  return { code: typeof code === 'string' ? code : 'request.invalid', detail: error.message };
}

/** The outcome of a report that was committed. */
export function outcomeOf({ incident, isReplay }: WriteResult): 'created' | 'duplicate' {
  return isReplay || !incident.isUnchanged ? 'duplicate' : 'created';
}

/** The outcome of a change that was committed. */
export function outcomeOfChange({ isReplay }: WriteResult): 'updated' | 'duplicate' {
  return isReplay ? 'duplicate' : 'updated';
}

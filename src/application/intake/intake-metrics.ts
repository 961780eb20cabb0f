import { DomainError } from '../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../domain/incident/idempotency.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { WriteResult } from '../../domain/incident/incident-repository.js';
import type { Rejection } from './message-broker.js';

/**
 * The outcome of a report, a change or a message that a channel received:
 * - `created`: it created an incident.
 * - `duplicate`: it was a further report of an incident, or a replay.
 * - `updated`: it changed an incident.
 * - `archived`: it is about no incident, and is stored for reference.
 * - `quarantined`: it is invalid, and is stored for an operator.
 * - `rejected`: it is invalid, and its sender received the error.
 * - `unavailable`: the service could not process it, or does not know whether it did (503, 500); or the connection or the process
 *   ended first; or an earlier attempt of the same request is still in flight. Its sender may retry.
 */
export const INTAKE_OUTCOMES = [
  'created',
  'duplicate',
  'updated',
  'archived',
  'quarantined',
  'rejected',
  'unavailable',
] as const;

export type IntakeOutcome = (typeof INTAKE_OUTCOMES)[number];

/** Counts what each channel receives, and the outcomes. Once nothing is in flight, both counts are equal. */
export abstract class IntakeMetrics {
  abstract received(channel: IncidentChannel): void;
  abstract processed(channel: IncidentChannel, outcome: IntakeOutcome): void;

  /** Counts alerts that a sender omitted from a notification. */
  abstract truncated(channel: IncidentChannel, alerts: number): void;

  /**
   * Counts what a channel received, processes it, and counts the outcome.
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
      this.processed(channel, outcome);
    }
  }
}

/**
 * Whether the request itself is invalid, by a rule of the domain or by a 4xx. An idempotency key in use and a closed connection
 * do not make a request invalid.
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

/** The outcome of a committed report. */
export function outcomeOf({ incident, isReplay }: WriteResult): 'created' | 'duplicate' {
  return isReplay || !incident.isUnchanged ? 'duplicate' : 'created';
}

/** The outcome of a committed change. */
export function outcomeOfChange({ isReplay }: WriteResult): 'updated' | 'duplicate' {
  return isReplay ? 'duplicate' : 'updated';
}

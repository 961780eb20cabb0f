import { INTAKE_OUTCOMES, type IntakeOutcome } from '../../src/application/ports/intake-metrics.js';
import type { IncidentChannel } from '../../src/domain/incident/incident-channel.js';

export type Account = Record<IntakeOutcome | 'received', number>;

/** What a page of metrics says of the intake by a channel. */
export function accountOf(metrics: string, channel: IncidentChannel): Account {
  const value = (name: string, labels: string) =>
    Number(new RegExp(`^${name}\\{${labels}\\} (\\d+)$`, 'm').exec(metrics)?.[1]);
  return {
    received: value('intake_received_total', `channel="${channel}"`),
    ...(Object.fromEntries(
      INTAKE_OUTCOMES.map((outcome) => [
        outcome,
        value('intake_outcomes_total', `channel="${channel}",outcome="${outcome}"`),
      ]),
    ) as Record<IntakeOutcome, number>),
  };
}

/** The accounts are right where everything that was received is settled, in one way each. */
export function expectBalanced({ received, ...outcomes }: Account): void {
  expect(received).toBeGreaterThan(0);
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(received);
}

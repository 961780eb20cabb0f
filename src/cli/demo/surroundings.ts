import { type AttentionPolicy, OFF, type PolicyScope } from '../../domain/attention/attention-policy.js';
import type { QuarantineDraft } from '../../domain/quarantine/quarantined-message.js';
import { parseDailyPeriod, parseDailyTime } from '../../shared/time/daily-time.js';
import { CHATS } from './people.js';

const MINUTE_MS = 60_000;

/** When people are reminded. Sources without chats have limits too, so that the list shows what is late. */
export const DEMO_POLICIES: ReadonlyMap<PolicyScope, AttentionPolicy> = new Map([
  [
    CHATS.scooters,
    {
      ...OFF,
      takeWithinMs: 15 * MINUTE_MS,
      escalateAfter: 2,
      remindInProgressAfterMs: 240 * MINUTE_MS,
      quietHours: parseDailyPeriod('22:00-08:00 Europe/Moscow'),
      onDuty: '@anna',
      digestAt: parseDailyTime('09:00 Europe/Moscow'),
    },
  ],
  [
    CHATS.shops,
    {
      ...OFF,
      takeWithinMs: 20 * MINUTE_MS,
      escalateAfter: 3,
      quietHours: parseDailyPeriod('21:00-07:00 Europe/London'),
      escalateTo: CHATS.scooters,
    },
  ],
  ['monitoring', { ...OFF, takeWithinMs: 30 * MINUTE_MS }],
  ['partner', { ...OFF, takeWithinMs: 24 * 60 * MINUTE_MS }],
]);

/** Messages that senders got wrong. */
export function quarantinedMessages(now: Date): readonly QuarantineDraft[] {
  const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * MINUTE_MS);
  return [
    message(
      'kafka',
      'incidents-reports/0/1882',
      'source must be one of operator, monitoring, partner',
      '{"description": "Acquirer does not answer since 10:42", "source": "bank"}',
      minutesAgo(26 * 60),
    ),
    message(
      'kafka',
      'incidents-reports/1/1907',
      'The value is not valid JSON.',
      '{"description": "Сверка не сошлась, магазин «Арбат», "source": "partner"}',
      minutesAgo(180),
    ),
    message(
      'alertmanager',
      'alertmanager',
      'alerts must be a list',
      '{"version": "4", "status": "firing", "alerts": {"labels": {"alertname": "DiskWillFillSoon"}}}',
      minutesAgo(44),
    ),
  ];
}

function message(
  channel: string,
  reference: string,
  reason: string,
  payload: string,
  at: Date,
): QuarantineDraft {
  return { channel, reference, reason, payload: Buffer.from(payload), headers: [], at };
}

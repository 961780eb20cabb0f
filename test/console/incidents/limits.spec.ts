import { ApiClient } from '../../../console/src/api/api-client.js';
import { Limits, urgencyOf } from '../../../console/src/incidents/limits.js';
import { anIncident } from './an-incident.js';

const MINUTE_MS = 60_000;

describe('the limits of the policies', () => {
  const POLICIES = [
    { scope: 'operator', take_within: '10m', remind_in_progress_after: '4h' },
    { scope: 'tg:-100123', take_within: '2m', remind_in_progress_after: null },
  ];
  let limits: Limits;
  beforeEach(async () => {
    limits = new Limits(new ApiClient(() => Promise.resolve(Response.json(POLICIES))));
    await limits.load();
  });

  it.each([
    ['the source', {}, 10 * MINUTE_MS],
    ['the chat, before the source', { origin: 'tg:-100123:5' }, 2 * MINUTE_MS],
    ['the default for chats', { source: 'partner', origin: 'tg:-1:5' }, 15 * MINUTE_MS],
    ['nothing', { source: 'partner' }, undefined],
    ['the source, in progress', { status: 'IN_PROGRESS', assignee: 'Anna' }, 240 * MINUTE_MS],
    ['the chat, in progress', { status: 'IN_PROGRESS', assignee: 'Anna', origin: 'tg:-100123:5' }, undefined],
  ] as const)('follow %s', (_, changes, limitMs) => {
    expect(limits.waitingOf(anIncident(changes))?.limitMs).toBe(limitMs);
  });

  it('apply to what is open only', () => {
    expect(limits.waitingOf(anIncident({ status: 'RESOLVED' }))).toBeUndefined();
  });

  it.each([
    [4, 'calm'],
    [5, 'soon'],
    [10, 'late'],
  ])('after %d of 10 minutes make an incident %s', (minutes, urgency) => {
    const since = new Date('2026-11-30T10:00:00Z');
    const now = new Date(since.getTime() + minutes * MINUTE_MS);
    expect(urgencyOf({ since, limitMs: 10 * MINUTE_MS }, now)).toBe(urgency);
    expect(urgencyOf({ since, limitMs: undefined }, now)).toBe('calm');
  });
});

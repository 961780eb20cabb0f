import { evaluate } from '../../../src/domain/heartbeat/evaluation.js';
import { reportOf, resolveIncident } from '../../../src/domain/heartbeat/heartbeat-incident.js';
import { durationText } from '../../../src/domain/heartbeat/heartbeat-texts.js';
import type { Heartbeat } from '../../../src/domain/heartbeat/heartbeat.js';
import { INCIDENT_STATUSES } from '../../../src/domain/incident/incident-status.js';
import { anIncident } from '../../support/builders.js';

const HEARTBEAT: Heartbeat = {
  name: 'nightly-export',
  schedule: { cron: '0 10 * * *' },
  timeZone: 'Europe/Moscow',
  graceMs: 600_000,
  source: 'partner',
  urgent: true,
  description: 'The export of reports',
  createdAt: new Date('2026-11-01T00:00:00Z'),
  changedAt: new Date('2026-11-01T00:00:00Z'),
  lastStart: undefined,
  lastSuccess: { seq: 1, at: new Date('2026-11-21T03:04:10Z') },
  lastFailure: undefined,
  handledSeq: 1,
  problem: undefined,
  incidentId: undefined,
};
const NOW = new Date('2026-11-21T07:10:00Z');

const reported = (heartbeat: Heartbeat, output?: Buffer) => {
  const { action } = evaluate(heartbeat, [], NOW);
  if (action?.type !== 'report') throw new Error('nothing is reported');
  return reportOf(heartbeat, action, output, NOW);
};

describe('the incident of a heartbeat', () => {
  it('says when the last ping came and when one was expected, in the zone and in UTC', () => {
    expect(reported(HEARTBEAT)).toEqual({
      actor: 'heartbeats',
      channel: 'heartbeats',
      source: 'partner',
      urgent: true,
      dedupKey: 'nightly-export',
      at: NOW,
      description: [
        'nightly-export has not reported.',
        'The export of reports',
        'Last ping: 2026-11-21 06:04:10 Europe/Moscow (2026-11-21 03:04:10 UTC).',
        'Expected after 2026-11-21 10:00:00 Europe/Moscow (2026-11-21 07:00:00 UTC), and within 10m of it.',
      ].join('\n'),
    });
  });

  it('says which run has not ended', () => {
    const lastStart = { seq: 2, at: new Date('2026-11-21T06:50:00Z') };
    const { description } = reported({ ...HEARTBEAT, timeZone: 'UTC', lastStart, description: undefined });
    expect(description).toBe(
      [
        'nightly-export has not reported.',
        'Last ping: 2026-11-21 06:50:00 UTC.',
        'The job started at 2026-11-21 06:50:00 UTC and has not ended within 10m.',
      ].join('\n'),
    );
  });

  it('has the exit code and the end of the output of a failure', () => {
    const lastFailure = { seq: 2, at: new Date('2026-11-21T03:05:00Z'), exitCode: 3 };
    const output = Buffer.concat([
      Buffer.from('я'.repeat(2_000)),
      Buffer.from('\0\u001b[31mdisk\tfull\r\n\xff'),
    ]);
    const { description } = reported({ ...HEARTBEAT, timeZone: 'UTC', lastFailure }, output);
    const [first, , , last, , text] = description.split('\n');
    expect(first).toBe('nightly-export has failed with exit code 3.');
    expect(last).toBe('Last success: 2026-11-21 03:04:10 UTC.');
    expect(text).toMatch(/^я{900,1000}\[31mdisk\tfull$/);
  });

  it.each(INCIDENT_STATUSES.filter((status) => status !== 'CLOSED'))(
    'is resolved from %s, and says for how long the ping was missing',
    (status) => {
      const incident = anIncident().with({ status }).build();
      const problem = { kind: 'missing', since: new Date('2026-11-21T07:00:00Z') } as const;
      const action = { type: 'resolve', since: problem.since, at: new Date('2026-11-21T09:05:30Z') } as const;
      resolveIncident(incident, { ...HEARTBEAT, timeZone: 'UTC', problem }, action, NOW);
      expect(incident.status).toBe('RESOLVED');
      expect(incident.newEvents[0]).toMatchObject({
        type: 'description_appended',
        actor: 'heartbeats',
        text:
          'nightly-export has reported again at 2026-11-21 09:05:30 UTC. ' +
          'It was missing for 2 h 5 min, since 2026-11-21 07:00:00 UTC.',
      });
      expect(incident.newEvents.at(-1)).not.toHaveProperty('assignee');
    },
  );

  it('is resolved even if its description is full', () => {
    const incident = anIncident()
      .with({ description: 'a'.repeat(99_990) })
      .build();
    const since = new Date('2026-11-21T07:00:00Z');
    resolveIncident(incident, HEARTBEAT, { type: 'resolve', since, at: NOW }, NOW);
    expect(incident.status).toBe('RESOLVED');
    expect(incident.newEvents.map(({ type }) => type)).toEqual(['status_changed', 'status_changed']);
  });

  it.each([
    [999, '0 s'],
    [61_000, '1 min'],
    [59_000, '59 s'],
    [3_600_000, '1 h'],
    [90_061_000, '1 d 1 h'],
  ])('has %d ms as %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});

import { EVENT } from '../../src/presentation/channels/cloudevents/examples.ts';
import { FIRING } from '../../src/presentation/channels/grafana/examples.ts';
import { DOWN as CHECK_DOWN } from '../../src/presentation/channels/healthchecks/examples.ts';
import { CREATE } from '../../src/presentation/channels/opsgenie/examples.ts';
import { TRIGGER } from '../../src/presentation/channels/pagerduty/examples.ts';
import { ISSUE_CREATED } from '../../src/presentation/channels/sentry/examples.ts';
import { DOWN as MONITOR_DOWN } from '../../src/presentation/channels/uptime-kuma/examples.ts';
import { PROBLEM } from '../../src/presentation/channels/zabbix/examples.ts';
import { KEY } from '../contender.ts';
import type { RequestKind } from './requests.ts';

/** What a channel receives while its sender reports 9,000 problems again and again: with the first report of each, an incident is created. */
export interface Intake extends RequestKind {
  readonly channel: string;
}

const intake = (
  channel: string,
  body: object,
  { path = channel, headers }: { path?: string; headers?: RequestKind['headers'] } = {},
): Intake => ({
  channel,
  method: 'POST',
  path: `/api/v1/intake/${path}`,
  body: JSON.stringify(body),
  headers,
});

/** One for each channel that receives over HTTP: the examples of the senders' documentation, each with a key of its own. */
export const INTAKES: readonly Intake[] = [
  intake('alertmanager', {
    version: '4',
    status: 'firing',
    receiver: 'incidents',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'DiskFull', instance: 'db-{id}', severity: 'warning' },
        annotations: { summary: 'The disk of db-{id} is 95 % full' },
        startsAt: '2026-11-20T10:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.example.com/graph',
        fingerprint: '0a1b2c3d4e5f{id}',
      },
    ],
  }),
  intake(
    'cloudevents',
    { ...EVENT, id: 'A234-{id}' },
    { headers: { 'Content-Type': 'application/cloudevents+json' } },
  ),
  intake('grafana', { ...FIRING, alerts: [{ ...FIRING.alerts[0], fingerprint: 'c6eadffa33fc{id}' }] }),
  intake('healthchecks', { ...CHECK_DOWN, code: '803f680d-{id}-492b-82ef-2be7b774a92d' }),
  intake('opsgenie', { ...CREATE, alias: 'alias {id}' }, { path: 'opsgenie/v2/alerts' }),
  intake(
    'pagerduty',
    { ...TRIGGER, routing_key: KEY, dedup_key: 'sample {id}' },
    { path: 'pagerduty/v2/enqueue' },
  ),
  intake(
    'sentry',
    {
      ...ISSUE_CREATED,
      data: { issue: { ...ISSUE_CREATED.data.issue, id: '{id}', shortId: 'FRONT-END-{id}' } },
    },
    { headers: { 'Sentry-Hook-Resource': 'issue' } },
  ),
  intake('uptime-kuma', {
    ...MONITOR_DOWN,
    heartbeat: { ...MONITOR_DOWN.heartbeat, monitorID: '{id}' },
    monitor: { ...MONITOR_DOWN.monitor, id: '{id}' },
  }),
  intake('zabbix', { ...PROBLEM, event_id: '{id}' }),
];

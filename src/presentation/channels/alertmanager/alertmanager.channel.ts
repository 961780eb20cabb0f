import { httpChannel } from '../http-channel.js';
import { AlertActions, CHANNEL } from './alert-actions.js';
import { AlertmanagerQuery } from './alertmanager.dto.js';
import { NotificationReceiver } from './notification-receiver.js';

const FIRING = {
  version: '4',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'DiskFull', instance: 'db-1' },
      annotations: { summary: 'The disk of db-1 is full' },
      startsAt: '2026-11-20T10:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus:9090/graph?g0.expr=disk_free+%3D%3D+0',
      fingerprint: 'c2e1a3b4d5f60718',
    },
  ],
};

/** Notifications of Alertmanager and Grafana. */
export const alertmanager = httpChannel({
  name: CHANNEL,
  summary: 'Receive a notification from Alertmanager',
  description: 'The payload of the webhook of Alertmanager or Grafana.',
  query: AlertmanagerQuery,
  examples: { firing: { summary: 'An alert that fires', value: FIRING } },
  receiver: NotificationReceiver,
  providers: [AlertActions],
});

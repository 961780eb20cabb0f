/** An alert as Alertmanager sends it. */
export const anAlert = (fingerprint: string, more: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'DiskFull', instance: 'db-1', severity: 'page' },
  annotations: { summary: 'The disk is full', description: 'No byte is left on /data' },
  startsAt: '2026-11-20T10:00:00.000Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph?g0.expr=disk_free+%3D%3D+0',
  fingerprint,
  ...more,
});

/** A notification with these alerts, as Alertmanager sends it. */
export const aNotification = (...alerts: unknown[]) => ({
  version: '4',
  groupKey: '{}:{alertname="DiskFull"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'incidents',
  groupLabels: { alertname: 'DiskFull' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  alerts,
});

// As the script of deploy/zabbix/media_incidents.yaml sends them.

export const PROBLEM = {
  event_id: '1842',
  event_source: '0',
  event_value: '1',
  event_update_status: '0',
  event_update_action: '',
  event_update_message: '',
  event_update_user: '*UNKNOWN*',
  event_name: 'Disk space is critically low (used > 90%)',
  event_severity: 'High',
  event_nseverity: '4',
  event_time: '2026.11.20 10:00:00',
  event_opdata: 'Space used: 9.1 GB of 10 GB (91 %)',
  event_tags: 'component:storage, scope:availability',
  host_name: 'db-1',
  host_ip: '10.0.0.7',
  trigger_id: '23561',
  trigger_description: '',
  trigger_url: '',
  alert_subject: 'Problem: Disk space is critically low (used > 90%)',
  alert_message: 'Disk space is critically low (used > 90%) on db-1',
};

export const UPDATE = {
  ...PROBLEM,
  event_update_status: '1',
  event_update_action: 'acknowledged, commented',
  event_update_message: 'I delete old logs',
  event_update_user: 'Anna Petrova',
};

export const RECOVERY = { ...PROBLEM, event_value: '0' };

import { alertmanager } from './alertmanager/alertmanager.channel.js';
import type { Channel } from './channel.js';
import { cloudevents } from './cloudevents/cloudevents.channel.js';
import { grafana } from './grafana/grafana.channel.js';
import { healthchecks } from './healthchecks/healthchecks.channel.js';
import { heartbeats } from './heartbeats/heartbeats.channel.js';
import { imported } from './import/import.channel.js';
import { kafka } from './kafka/kafka.channel.js';
import { opsgenie } from './opsgenie/opsgenie.channel.js';
import { pagerduty } from './pagerduty/pagerduty.channel.js';
import { rest } from './rest/rest.channel.js';
import { sentry } from './sentry/sentry.channel.js';
import { telegram } from './telegram/telegram.channel.js';
import { uptimeKuma } from './uptime-kuma/uptime-kuma.channel.js';
import { zabbix } from './zabbix/zabbix.channel.js';

/** All channels of the service. A new channel adds its line here. */
export const REGISTERED_CHANNELS: readonly Channel[] = [
  rest,
  telegram,
  kafka,
  alertmanager,
  pagerduty,
  opsgenie,
  grafana,
  uptimeKuma,
  healthchecks,
  cloudevents,
  sentry,
  zabbix,
  heartbeats,
  imported,
];

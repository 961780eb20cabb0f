import { alertmanager } from './alertmanager/alertmanager.channel.js';
import type { Channel } from './channel.js';
import { heartbeats } from './heartbeats/heartbeats.channel.js';
import { kafka } from './kafka/kafka.channel.js';
import { rest } from './rest/rest.channel.js';
import { telegram } from './telegram/telegram.channel.js';

/** All channels of the service. A new channel adds its line here. */
export const REGISTERED_CHANNELS: readonly Channel[] = [rest, telegram, kafka, alertmanager, heartbeats];

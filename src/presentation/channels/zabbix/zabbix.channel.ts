import { httpChannel } from '../http-channel.js';
import { translateEvent } from './events.js';
import { PROBLEM, RECOVERY, UPDATE } from './examples.js';

/** Events of Zabbix, as the media type in `deploy/zabbix` sends them. */
export const zabbix = httpChannel({
  name: 'zabbix',
  summary: 'Receive an event of Zabbix',
  description:
    'What the media type of `deploy/zabbix/media_incidents.yaml` sends: a problem, an update or a recovery.',
  examples: {
    problem: { summary: 'A problem', value: PROBLEM },
    update: { summary: 'Somebody acknowledges it', value: UPDATE },
    recovery: { summary: 'It is over', value: RECOVERY },
  },
  translate: translateEvent,
});

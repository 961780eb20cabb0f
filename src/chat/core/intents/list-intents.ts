import type { Status } from '../api/incident.js';
import { durationText } from '../messages/duration-text.js';
import { heartbeatsText } from '../messages/heartbeats-text.js';
import { assigneeName, listLine } from '../messages/incident-text.js';
import { statisticsText, weeksAt } from '../messages/statistics-text.js';
import { define } from './intent-kind.js';
import { parseStatus } from './keywords.js';

/** What `/list` shows by default. */
const NOT_CLOSED: readonly Status[] = ['NEW', 'IN_PROGRESS', 'RESOLVED'];

/** What people ask about several incidents. */
export const LIST_INTENTS = {
  list: define<{ readonly status?: Status }>({
    command: {
      name: 'list',
      parse: (text) => {
        if (text.trim() === '') return {};
        const status = parseStatus(text);
        return status && { status };
      },
    },
    reply: async ({ status }, { api, translations }) => {
      const { incidents, total } = await api.list(status ? [status] : NOT_CLOSED);
      if (incidents.length === 0) return { text: translations.emptyList };
      const lines = incidents.map((incident) => listLine(incident, assigneeName(incident)));
      return { text: [translations.list(status, incidents.length, total), '', ...lines].join('\n') };
    },
  }),

  untaken: define<object>({
    command: { name: 'untaken', parse: () => ({}) },
    reply: async (_, { api, translations, clock }) => {
      const { incidents, total } = await api.untaken();
      if (incidents.length === 0) return { text: translations.noneUntaken };
      const lines = incidents.map((incident) => {
        const waitingMs = clock.now().getTime() - Date.parse(incident.created_at);
        return listLine(incident, durationText(waitingMs, translations));
      });
      return { text: [translations.untaken(incidents.length, total), '', ...lines].join('\n') };
    },
  }),

  mine: define<object>({
    command: { name: 'mine', parse: () => ({}) },
    reply: async (_, { api, translations, identity }) => {
      const { incidents, total } = await api.assignedTo(identity.actor);
      if (incidents.length === 0) return { text: translations.noneMine };
      const lines = incidents.map((incident) => listLine(incident));
      return { text: [translations.mine(incidents.length, total), '', ...lines].join('\n') };
    },
  }),

  heartbeats: define<object>({
    command: { name: 'heartbeats', parse: () => ({}) },
    reply: async (_, { api, translations, clock }) => ({
      text: heartbeatsText(await api.heartbeats(), clock.now(), translations),
    }),
  }),

  stats: define<object>({
    command: { name: 'stats', parse: () => ({}) },
    reply: async (_, { api, translations, clock }) => {
      const weeks = weeksAt(clock.now());
      return { text: statisticsText(await api.weeks(weeks.last, weeks.next), weeks, translations) };
    },
  }),
};

import { type ActionRequest, type DuplicateRequest, withSuffix } from '../actions/incident-actions.js';
import { buttonsFor, card, incidentMessage } from '../messages/incident-text.js';
import { define, parseId } from './intent-kind.js';
import { parseAction, parseIsOff } from './keywords.js';

/** What people ask about one incident. */
export const INCIDENT_INTENTS = {
  show: define<{ readonly id: number }>({
    command: {
      name: 'show',
      parse: (text) => {
        const parsed = parseId(text);
        return parsed && { id: parsed.id };
      },
    },
    reply: async ({ id }, { api, translations }) => {
      const incident = await api.get(id);
      return { text: card(incident, translations), buttons: buttonsFor(incident, translations) };
    },
  }),

  transition: define<ActionRequest>({
    command: {
      name: 'update',
      parse: (text) => {
        const parsed = parseId(text);
        const action = parsed && parseAction(parsed.rest);
        return action && { id: parsed.id, ...action };
      },
    },
    reply: async (request, { actions, translations, identity }) => {
      const { incident, rejection } = await actions.perform(request, identity);
      return incidentMessage(incident, translations, rejection);
    },
  }),

  urgent: define<{ readonly id: number; readonly urgent: boolean }>({
    command: {
      name: 'urgent',
      parse: (text) => {
        const parsed = parseId(text);
        const isOff = parsed && (parsed.rest.trim() === '' ? false : parseIsOff(parsed.rest));
        return isOff === undefined ? undefined : { id: parsed!.id, urgent: !isOff };
      },
    },
    reply: async ({ id, urgent }, { api, translations, identity }) => {
      const incident = await api.update(id, { urgent }, withSuffix(identity, 'urgent'));
      return incidentMessage(incident, translations, urgent ? undefined : translations.noLongerUrgent);
    },
  }),

  duplicate: define<DuplicateRequest>({
    command: {
      name: 'duplicate',
      parse: (text) => {
        const parsed = parseId(text);
        const original = parsed && parseId(parsed.rest);
        const isComplete = original && original.rest === '' && original.id !== parsed.id;
        return isComplete ? { id: parsed.id, duplicateOf: original.id } : undefined;
      },
    },
    reply: async (request, { actions, translations, identity }) =>
      incidentMessage(await actions.markDuplicate(request, identity), translations),
  }),

  append: define<{ readonly id: number; readonly text: string }>({
    reply: async ({ id, text }, { api, translations, identity }) => {
      const update = { description_append: text };
      const incident = await api.update(id, update, withSuffix(identity, 'append'));
      return incidentMessage(incident, translations, translations.appended);
    },
  }),
};

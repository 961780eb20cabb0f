import { Injectable } from '@nestjs/common';
import {
  IncidentActions,
  type ActionRequest,
  type DuplicateRequest,
  withSuffix,
} from '../actions/incident-actions.js';
import { ID_PATTERN, type Status } from '../api/incident.js';
import { IncidentsApi } from '../api/incidents-api.js';
import type { RequestIdentity } from '../api/incidents-api-client.js';
import { Clock } from '../clock.js';
import { durationText } from '../messages/duration-text.js';
import { assigneeName, buttonsFor, card, incidentMessage, listLine } from '../messages/incident-text.js';
import type { OutgoingMessage } from '../messages/outgoing-message.js';
import { statisticsText, weeksAt } from '../messages/statistics-text.js';
import { Translations } from '../translations/translations.js';
import { type ChatSettingName, parseSetting, type SettingRequest, settingText } from './chat-settings.js';
import { parseAction, parseIsOff, parseStatus } from './keywords.js';

/** What `/list` shows by default. */
const NOT_CLOSED: readonly Status[] = ['NEW', 'IN_PROGRESS', 'RESOLVED'];

const ID = new RegExp(String.raw`^#?(${ID_PATTERN})(?=\s|$)\s*`);

type CommandName = keyof Translations['commands'];

/** What replies to a message are made with. */
interface ReplyContext {
  readonly api: IncidentsApi;
  readonly actions: IncidentActions;
  readonly translations: Translations;
  readonly clock: Clock;
  /** The sender of the message, and its idempotency key. */
  readonly identity: RequestIdentity;
  /** The chat of the message, as policies and origins have it: `tg:-100123`. */
  readonly chat: string;
}

/** Something that people ask for. */
interface IntentKind<Details> {
  /** The command that asks for it, by its name in the translations. */
  readonly command?: {
    readonly name: CommandName;
    readonly aliases?: readonly string[];
    /** Reads the arguments; undefined where they are wrong. */
    parse(text: string): Details | undefined;
  };
  /** Whether the reply needs no API. */
  readonly isLocal?: true;
  /** Carries it out. @throws ApiRejection @throws ShutdownError */
  reply(details: Details, context: ReplyContext): OutgoingMessage | Promise<OutgoingMessage>;
}

/** The id at the beginning of arguments, and what follows it; undefined where there is none. */
function parseId(text: string): { readonly id: number; readonly rest: string } | undefined {
  const id = ID.exec(text);
  return id ? { id: Number(id[1]), rest: text.slice(id[0].length) } : undefined;
}

const define = <Details>(kind: IntentKind<Details>): IntentKind<Details> => kind;

/** A command for a setting of the chat. */
const setting = (name: ChatSettingName) =>
  define<SettingRequest>({
    command: { name, parse: (text) => parseSetting(name, text) },
    reply: async (request, context) => ({ text: await settingText(name, request, context) }),
  });

/** Everything that the bot can be asked for, beside reports. A new command is an entry here and its texts in the translations. */
const INTENT_KINDS = {
  help: define<object>({
    command: { name: 'help', aliases: ['start'], parse: () => ({}) },
    isLocal: true,
    reply: (_, { translations: { help, commands } }) => ({
      text: [help, ...Object.values(commands).map((command) => command.help)].join('\n'),
    }),
  }),

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

  stats: define<object>({
    command: { name: 'stats', parse: () => ({}) },
    reply: async (_, { api, translations, clock }) => {
      const weeks = weeksAt(clock.now());
      return { text: statisticsText(await api.weeks(weeks.last, weeks.next), weeks, translations) };
    },
  }),
  remind: setting('remind'),
  quiet: setting('quiet'),
  duty: setting('duty'),
  digest: setting('digest'),

  append: define<{ readonly id: number; readonly text: string }>({
    reply: async ({ id, text }, { api, translations, identity }) => {
      const update = { description_append: text };
      const incident = await api.update(id, update, withSuffix(identity, 'append'));
      return incidentMessage(incident, translations, translations.appended);
    },
  }),

  usage_error: define<{ readonly command: CommandName }>({
    isLocal: true,
    reply: ({ command }, { translations }) => ({ text: translations.commands[command].usage }),
  }),

  unknown_command: define<{ readonly command: string }>({
    isLocal: true,
    reply: ({ command }, { translations }) => ({ text: translations.unknownCommand(command) }),
  }),

  /** A reply to a report that has no number yet. */
  too_early: define<object>({
    isLocal: true,
    reply: (_, { translations }) => ({ text: translations.replyTooEarly }),
  }),
};

type Kinds = typeof INTENT_KINDS;

/** What a message asks for, as data. */
export type Intent = {
  [Kind in keyof Kinds]: { readonly kind: Kind } & Parameters<Kinds[Kind]['reply']>[0];
}[keyof Kinds];

const kindOf = ({ kind }: Intent): IntentKind<object> => INTENT_KINDS[kind];

/** Whether the API is needed to reply. */
export const needsApi = (intent: Intent): boolean => kindOf(intent).isLocal !== true;

/** The intent of a command. @param text its arguments. */
export function parseCommand(name: string, text: string): Intent {
  for (const [kind, { command }] of Object.entries<IntentKind<object>>(INTENT_KINDS)) {
    if (!command || (command.name !== name && !command.aliases?.includes(name))) continue;
    const details = command.parse(text);
    return details ? ({ kind, ...details } as Intent) : { kind: 'usage_error', command: command.name };
  }
  return { kind: 'unknown_command', command: name };
}

/** Carries out what messages ask for, and makes the replies. */
@Injectable()
export class IntentReplies {
  constructor(
    private readonly api: IncidentsApi,
    private readonly actions: IncidentActions,
    private readonly translations: Translations,
    private readonly clock: Clock,
  ) {}

  /**
   * @param chat where the message is: see `ReplyContext`.
   * @throws ApiRejection @throws ShutdownError
   */
  async replyTo(intent: Intent, identity: RequestIdentity, chat: string): Promise<OutgoingMessage> {
    const { api, actions, translations, clock } = this;
    return kindOf(intent).reply(intent, { api, actions, translations, clock, identity, chat });
  }
}

import { Injectable } from '@nestjs/common';
import { IncidentActions } from '../actions/incident-actions.js';
import { IncidentsApi } from '../api/incidents-api.js';
import type { RequestIdentity } from '../api/incidents-api-client.js';
import { Clock } from '../clock.js';
import type { OutgoingMessage } from '../messages/outgoing-message.js';
import { Translations } from '../translations/translations.js';
import { type ChatSettingName, parseSetting, type SettingRequest, settingText } from './chat-settings.js';
import { INCIDENT_INTENTS } from './incident-intents.js';
import { type CommandName, define, type IntentKind } from './intent-kind.js';
import { LIST_INTENTS } from './list-intents.js';

/** A command for a setting of the chat. */
const setting = (name: ChatSettingName) =>
  define<SettingRequest>({
    command: { name, parse: (text) => parseSetting(name, text) },
    reply: async (request, context) => ({ text: await settingText(name, request, context) }),
  });

/** Everything that the bot can be asked for, beside reports. A new command is an entry of a group and its texts in the translations. */
const INTENT_KINDS = {
  help: define<object>({
    command: { name: 'help', aliases: ['start'], parse: () => ({}) },
    isLocal: true,
    reply: (_, { translations: { help, commands } }) => ({
      text: [help, ...Object.values(commands).map((command) => command.help)].join('\n'),
    }),
  }),

  ...LIST_INTENTS,
  ...INCIDENT_INTENTS,

  remind: setting('remind'),
  quiet: setting('quiet'),
  duty: setting('duty'),
  digest: setting('digest'),

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

import type { IncidentActions } from '../actions/incident-actions.js';
import { ID_PATTERN } from '../api/incident.js';
import type { IncidentsApi } from '../api/incidents-api.js';
import type { RequestIdentity } from '../api/incidents-api-client.js';
import type { Clock } from '../clock.js';
import type { OutgoingMessage } from '../messages/outgoing-message.js';
import type { Translations } from '../translations/translations.js';

const ID = new RegExp(String.raw`^#?(${ID_PATTERN})(?=\s|$)\s*`);

export type CommandName = keyof Translations['commands'];

/** What replies to a message are made with. */
export interface ReplyContext {
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
export interface IntentKind<Details> {
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

/** A kind of intent, with the type of its details. */
export const define = <Details>(kind: IntentKind<Details>): IntentKind<Details> => kind;

/** The id at the beginning of arguments, and what follows it; undefined where there is none. */
export function parseId(text: string): { readonly id: number; readonly rest: string } | undefined {
  const id = ID.exec(text);
  return id ? { id: Number(id[1]), rest: text.slice(id[0].length) } : undefined;
}

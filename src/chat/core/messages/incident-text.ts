import { shorten } from '../../../shared/shorten.js';
import { type Action, ACTIONS, offeredActions } from '../actions/actions.js';
import { ID_PATTERN, type Incident, type Report } from '../api/incident.js';
import type { Translations } from '../translations/translations.js';
import type { Button, OutgoingMessage } from './outgoing-message.js';

/** In UTF-16 units: a message of Telegram has up to 4,096, the headline and the source included. */
const MAX_DESCRIPTION_LENGTH = 3_500;
const MAX_LINE_LENGTH = 80;

/** Every message of the bot about one incident begins so, and is parsed again if a person replies to it. */
const HEADLINE = new RegExp(`^#(${ID_PATTERN}) · `);

/** The first line about an incident: `#42 · NEW — новый`. */
export function headline({ id, status }: Incident, translations: Translations): string {
  return `#${id} · ${status} — ${translations.status[status]}`;
}

/** The incident that a message of the bot is about; undefined where it is about none, or several. */
export function incidentIdIn(text: string): number | undefined {
  const id = HEADLINE.exec(text)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** The message about an incident that was reported or changed: its headline, a remark, and the buttons. As a line, it is that of a list. */
export function incidentMessage(
  incident: Incident,
  translations: Translations,
  remark?: string,
): OutgoingMessage {
  const text = [headline(incident, translations), remark].filter((part) => part !== undefined).join('\n');
  const line = [listLine(incident), remark].filter((part) => part !== undefined).join(' — ');
  return { text, buttons: buttonsFor(incident, translations), line };
}

/** The message about a report that is accepted and has no number yet. */
export function acceptedMessage(
  { description }: Pick<Report, 'description'>,
  reportKey: string,
  translations: Translations,
): OutgoingMessage {
  return {
    text: translations.accepted,
    buttons: [numberButton(reportKey, translations)],
    line: translations.acceptedLine(inOneLine(description)),
  };
}

/** The whole incident, up to the length of a message. */
export function card(incident: Incident, translations: Translations): string {
  const at = `${incident.created_at.slice(0, 16).replace('T', ' ')} UTC`;
  const origin = translations.reportedBy(translations.source[incident.source], at);
  const description = shorten(incident.description, MAX_DESCRIPTION_LENGTH);
  return `${headline(incident, translations)}\n${origin}\n\n${description}`;
}

/** An incident as a line of a list. */
export function listLine({ id, status, description }: Incident): string {
  return `#${id} ${status} ${inOneLine(description)}`;
}

/** The beginning of a description, in one line. */
export const inOneLine = (description: string): string =>
  shorten(description.replaceAll(/\s+/g, ' ').trim(), MAX_LINE_LENGTH);

/** A button for each legal transition. */
export function buttonsFor(incident: Incident, translations: Translations): readonly Button[] {
  return offeredActions(incident).map((action) => ({
    label: translations.button[action],
    data: `${action}:${incident.id}`,
  }));
}

/** The buttons below the question whether somebody still works on an incident. */
export function questionButtons({ id }: Incident, { stillWorking, button }: Translations): readonly Button[] {
  return [
    { label: stillWorking.button, data: `working:${id}` },
    { label: button.resolve, data: `resolve:${id}` },
    { label: button.release, data: `release:${id}` },
  ];
}

/** The button below a report without a number: its data has the report's key, so that it works after a restart, too. */
export function numberButton(reportKey: string, translations: Translations): Button {
  return { label: translations.number, data: `number:${reportKey}` };
}

/** The key of the report whose number a pressed button asks for; undefined for other buttons. */
export function reportKeyIn(buttonData: string): string | undefined {
  return /^number:(tg:-?\d{1,16}:(?:album:)?\d{1,20})$/.exec(buttonData)?.[1];
}

/** The incident that somebody still works on, as a pressed button says; undefined for other buttons. */
export function stillWorkingIn(buttonData: string): number | undefined {
  const id = new RegExp(`^working:(${ID_PATTERN})$`).exec(buttonData)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** The action that a pressed button requests; undefined for other buttons. */
export function actionIn(buttonData: string): { action: Action; id: number } | undefined {
  const [, name, id] = new RegExp(String.raw`^(\w+):(${ID_PATTERN})$`).exec(buttonData) ?? [];
  const action = ACTIONS.find((each) => each === name);
  return action && { action, id: Number(id) };
}

import { shorten } from '../../../shared/shorten.js';
import { type Action, ACTIONS, offeredActions } from '../actions/actions.js';
import type { DuplicateRequest } from '../actions/incident-actions.js';
import { ID_PATTERN, type Incident, type Report } from '../api/incident.js';
import type { Translations } from '../translations/translations.js';
import type { Button, OutgoingMessage } from './outgoing-message.js';
import { personOf } from '../../../shared/person.js';

/** In UTF-16 units: a message of Telegram has up to 4,096, the headline and the source included. */
const MAX_DESCRIPTION_LENGTH = 3_500;
const MAX_LINE_LENGTH = 80;
const MAX_REMARK_LENGTH = 30;

const URGENT = '❗';

/** Every message of the bot about one incident begins so, and is parsed again if a person replies to it. */
const HEADLINE = new RegExp(`^#(${ID_PATTERN}) · `);

/** The first line about an incident: `#42 · NEW — новый · ❗ срочный`. */
export function headline({ id, status, urgent }: Incident, translations: Translations): string {
  const state = `#${id} · ${status} — ${translations.status[status]}`;
  return urgent ? `${state} · ${URGENT} ${translations.urgent}` : state;
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
  const text = linesOf([headline(incident, translations), duplicateLine(incident, translations), remark]);
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

/** The message about an incident that was just reported, where another one may have the same cause. */
export function similarMessage(
  incident: Incident,
  similar: Incident,
  translations: Translations,
): OutgoingMessage {
  const message = incidentMessage(incident, translations, translations.similar(listLine(similar)));
  const button = {
    label: translations.sameAs(similar.id),
    data: `duplicate:${incident.id}:${similar.id}`,
  };
  return { ...message, buttons: [...(message.buttons ?? []), button] };
}

/** The whole incident, up to the length of a message. */
export function card(incident: Incident, translations: Translations): string {
  const { source, created_at: createdAt, taken_at: takenAt } = incident;
  const name = assigneeName(incident);
  const takenTime = takenAt === null ? undefined : timeText(takenAt);
  const state = linesOf([
    headline(incident, translations),
    translations.reportedBy(translations.source[source], timeText(createdAt)),
    name && translations.assignedTo(name, takenTime),
    duplicateLine(incident, translations),
  ]);
  return `${state}\n\n${shorten(incident.description, MAX_DESCRIPTION_LENGTH)}`;
}

/** An incident as a line of a list. @param remark at its end. */
export function listLine({ id, status, urgent, description }: Incident, remark?: string): string {
  const mark = urgent ? ` ${URGENT}` : '';
  const line = `#${id}${mark} ${status} ${inOneLine(description)}`;
  return remark === undefined ? line : `${line} · ${shorten(remark, MAX_REMARK_LENGTH)}`;
}

/** The beginning of a description, in one line. */
export const inOneLine = (description: string): string =>
  shorten(description.replaceAll(/\s+/g, ' ').trim(), MAX_LINE_LENGTH);

/** The name of who works on an incident; undefined for nobody. */
export function assigneeName({ assignee }: Incident): string | undefined {
  return assignee === null ? undefined : personOf(assignee);
}

function duplicateLine(
  { duplicate_of: original }: Incident,
  { duplicateOf }: Translations,
): string | undefined {
  return original === null ? undefined : duplicateOf(original);
}

const linesOf = (lines: readonly (string | undefined)[]) =>
  lines.filter((line) => line !== undefined).join('\n');

/** `2026-11-20 10:00 UTC` */
const timeText = (timestamp: string) => `${timestamp.slice(0, 16).replace('T', ' ')} UTC`;

/** A button for each action that is one legal change. */
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

/** The duplicate that a pressed button marks; undefined for other buttons. */
export function duplicateIn(buttonData: string): DuplicateRequest | undefined {
  const [, id, original] =
    new RegExp(String.raw`^duplicate:(${ID_PATTERN}):(${ID_PATTERN})$`).exec(buttonData) ?? [];
  return id === undefined ? undefined : { id: Number(id), duplicateOf: Number(original) };
}

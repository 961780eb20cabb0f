import { shorten } from '../../../shared/shorten.js';
import type { Incident } from '../api/incident.js';
import type { IncidentsApi } from '../api/incidents-api.js';
import { assigneeName, inOneLine } from '../messages/incident-text.js';
import type { OutgoingMessage } from '../messages/outgoing-message.js';
import type { Translations } from '../translations/translations.js';

/** How many incidents each part of a digest names; it counts the others. */
const MAX_LINES = 15;

const MAX_NAME_LENGTH = 30;

/** How many incidents are read to find those that have been in progress for long. */
const MAX_READ = 100;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Incidents in the order of the list, and how many there are: `12`, or `100+`. */
interface Found {
  readonly incidents: readonly Incident[];
  readonly total: string;
}

/**
 * The daily summary for a chat: what nobody has taken, what has been in progress for more than a day, each oldest first, and what was
 * reported in the last 24 hours.
 * @param chats the scopes that the chat has or had, such as `tg:-100123`: its incidents keep those of their time.
 * @throws ShutdownError and others: see `IncidentsApiClient.send`.
 */
export async function digestMessage(
  api: IncidentsApi,
  chats: readonly string[],
  now: Date,
  translations: Translations,
): Promise<OutgoingMessage> {
  const chat = chats.join(',');
  const dayAgo = new Date(now.getTime() - DAY_MS).toISOString();
  const untaken = await api.find({
    chat,
    untaken: 'true',
    sort: 'created_at',
    limit: String(MAX_LINES),
  });
  const inProgress = await inProgressSince(dayAgo, chat, api);
  const lastDay = { chat, created_from: dayAgo, limit: '1' };
  const { total: opened } = await api.find(lastDay);
  const { total: resolved } = await api.find({ ...lastDay, status: 'RESOLVED,CLOSED' });
  const { title, nothingWaits, lastDay: lastDayText, ...texts } = translations.digest;
  const waiting = [
    ...partAbout(texts.untaken, untaken, ({ created_at: at }) => ageOf(at, now, translations), translations),
    ...partAbout(
      texts.inProgress,
      inProgress,
      (incident) =>
        `${ageOf(incident.taken_at!, now, translations)} · ${shorten(assigneeName(incident)!, MAX_NAME_LENGTH)}`,
      translations,
    ),
  ];
  if (waiting.length === 0) waiting.push(nothingWaits);
  return { text: [title, ...waiting, lastDayText(opened, resolved)].join('\n\n') };
}

/** What somebody took before this time and still works on. */
async function inProgressSince(time: string, chat: string, api: IncidentsApi): Promise<Found> {
  const { incidents, total } = await api.find({
    chat,
    status: 'IN_PROGRESS',
    untaken: 'false',
    created_to: time,
    sort: 'created_at',
    limit: String(MAX_READ),
  });
  const found = incidents.filter(({ taken_at: takenAt }) => takenAt !== null && takenAt <= time);
  const isAll = incidents.length === Number(total);
  return { incidents: found.slice(0, MAX_LINES), total: `${found.length}${isAll ? '' : '+'}` };
}

/** A headline and a line for each incident; nothing if there are none. */
function partAbout(
  headline: (total: string) => string,
  { incidents, total }: Found,
  factsOf: (incident: Incident) => string,
  { digest }: Translations,
): readonly string[] {
  if (incidents.length === 0) return [];
  const lines = incidents.map(
    (incident) => `#${incident.id} · ${factsOf(incident)} · ${inOneLine(incident.description)}`,
  );
  const more = Number.parseInt(total, 10) - incidents.length;
  if (more > 0) lines.push(digest.more(`${more}${total.endsWith('+') ? '+' : ''}`));
  return [[headline(total), ...lines].join('\n')];
}

/** How long ago it was, in the largest unit of which it is at least one. */
function ageOf(time: string, now: Date, { digest: { age } }: Translations): string {
  const ms = Math.max(0, now.getTime() - Date.parse(time));
  if (ms < HOUR_MS) return age.m(Math.floor(ms / MINUTE_MS));
  return ms < 2 * DAY_MS ? age.h(Math.floor(ms / HOUR_MS)) : age.d(Math.floor(ms / DAY_MS));
}

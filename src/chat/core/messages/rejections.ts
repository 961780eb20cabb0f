import type { Report } from '../api/incident.js';
import { ApiRejection } from '../api/incidents-api-responses.js';
import type { Translations } from '../translations/translations.js';
import type { OutgoingMessage } from './outgoing-message.js';

/** Why the API has rejected a request, for the chat. @param id the incident of the request, if any. */
export function rejectionText(
  rejection: ApiRejection,
  id: number | undefined,
  { rejected }: Translations,
): string {
  if (rejection.is('incident.not-found') && id !== undefined) return rejected.notFound(id);
  if (rejection.is('incident.description-too-long')) return rejected.descriptionTooLong;
  return rejected.other(rejection.message);
}

/** The result of the work, or a message that says why the API has rejected it. @param id as for `rejectionText`. */
export async function resultOrRejection<Result>(
  work: () => Promise<Result>,
  id: number | undefined,
  translations: Translations,
): Promise<Result | OutgoingMessage> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiRejection)) throw error;
    return { text: rejectionText(error, id, translations) };
  }
}

/** The result of the work. Where there is no such incident, the number is that of something else, and the message is a report. */
export async function resultOrReport<Result>(
  work: () => Promise<Result>,
  otherwise: Report | undefined,
  send: (report: Report) => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!otherwise || !(error instanceof ApiRejection) || !error.is('incident.not-found')) throw error;
    return send(otherwise);
  }
}

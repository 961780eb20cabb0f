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
  if (rejection.is('incident.description-too-long')) return rejected.descriptionTooLong;
  const original = Number(rejection.fact('duplicate_of'));
  if (rejection.is('incident.original-not-found')) return rejected.notFound(original);
  if (id === undefined) return rejected.other(rejection.message);
  if (rejection.is('incident.not-found')) return rejected.notFound(id);
  if (rejection.is('incident.closed')) return rejected.closed(id);
  if (rejection.is('incident.already-duplicate')) return rejected.alreadyDuplicate(id, original);
  if (rejection.is('incident.duplicate-cycle')) return rejected.alreadyDuplicate(original, id);
  return rejected.other(rejection.message);
}

/** Why a file is not stored. */
export type FileRejection = keyof Translations['files']['reasons'];

/** Why the API has rejected a file. @throws the rejection itself where it is not about the file. */
export function fileRejectionOf(rejection: ApiRejection): FileRejection {
  if (rejection.is('attachment.file-too-large')) return 'too_large';
  if (rejection.is('request.body-too-large')) return 'proxy_limit';
  if (rejection.is('attachment.unreadable-image')) return 'unreadable';
  if (rejection.is('attachment.limit-reached')) return 'too_many';
  if (rejection.is('attachment.daily-limit-reached')) return 'daily_limit';
  throw rejection;
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

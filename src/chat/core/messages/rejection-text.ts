import type { Translations } from '../translations/translations.js';
import type { ApiRejection } from '../api/incidents-api-responses.js';

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

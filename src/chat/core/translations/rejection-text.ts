import type { Translations } from './translations.js';
import type { ApiRejection } from '../api/incidents-api-responses.js';

/** Why the register has refused, as the chat is told. @param id the incident that was asked for, if any. */
export function rejectionText(
  refused: ApiRejection,
  id: number | undefined,
  { refused: phrases }: Translations,
): string {
  switch (refused.code) {
    case 'incident.not-found':
      return id === undefined ? phrases.other(refused.message) : phrases.notFound(id);
    case 'incident.illegal-transition':
      return phrases.illegal(refused.fact('current') ?? '?', refused.fact('requested') ?? '?');
    case 'incident.description-too-long':
      return phrases.full;
    default:
      return phrases.other(refused.message);
  }
}

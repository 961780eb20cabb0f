import type { Phrases } from './translations.js';
import type { Refused } from '../api/incidents-api-responses.js';

/** Why the register has refused, as the chat is told. @param id the incident that was asked for, if any. */
export function refusalText(refused: Refused, id: number | undefined, { refused: phrases }: Phrases): string {
  switch (refused.code) {
    case 'incident.not-found':
      return id === undefined ? phrases.other(refused.message) : phrases.notFound(id);
    case 'incident.illegal-transition':
      return phrases.illegal(refused.fact('current') ?? '?', refused.fact('requested') ?? '?');
    case 'incident.description-full':
      return phrases.full;
    default:
      return phrases.other(refused.message);
  }
}

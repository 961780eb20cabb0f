import type { SimilarIncident } from '../api/incident.js';

/**
 * The similarity above which a chat is asked whether two incidents are the same: with the same asset number, three in ten trigrams of
 * their texts are the same; without one, two in three.
 */
const MIN_OFFERED_SIMILARITY = 0.65;

/** The incident that a chat is asked about; undefined where none is similar enough. @param similar the most similar first. */
export function bestOffer(similar: readonly SimilarIncident[]): SimilarIncident | undefined {
  return similar.find(({ similarity }) => similarity >= MIN_OFFERED_SIMILARITY);
}

import type { IncidentId } from './incident-state.js';

/** The least similarity of incidents that are called similar. */
export const MIN_SIMILARITY = 0.3;

/** The number of characters of a text that are compared, from its beginning. */
export const MAX_COMPARED_LENGTH = 200;

/** The number of asset numbers of a text that count, from its beginning. */
const MAX_ASSET_NUMBERS = 10;

/** The part of a reported text that is compared with others. */
export function comparedPartOf(text: string): string {
  return Array.from(text.slice(0, 2 * MAX_COMPARED_LENGTH))
    .slice(0, MAX_COMPARED_LENGTH)
    .join('');
}

// What is joined by these characters is one word: a date, a time, a decimal, a range, an address.
const WORD = /[\p{L}\p{M}\p{N}_]+(?:[-‑.,:/@][\p{L}\p{M}\p{N}_]+)*%?/gu;
const ASSET_NUMBER = /^(?:([\p{Lu}\p{Ll}]{1,8})[-‑]?)?(\d{1,12})$/u;

/**
 * The numbers by which a text names things, such as scooters and tills: `42` in "#42" and in "scooter 42", `sc-1234` in "SC-1234" and
 * in "SC1234". Parts of dates, times, decimals and percentages are none. The first 10, each once.
 */
export function assetNumbersIn(text: string): readonly string[] {
  const numbers = (text.match(WORD) ?? []).flatMap((word) => {
    const [, code, digits] = ASSET_NUMBER.exec(word) ?? [];
    if (digits === undefined) return [];
    return [code === undefined ? digits : `${code.toLowerCase()}-${digits}`];
  });
  return [...new Set(numbers)].slice(0, MAX_ASSET_NUMBERS);
}

/** Why incidents are similar: both texts have the same asset number, or just resemble each other. */
export const SIMILARITY_REASONS = ['asset_number', 'text'] as const;

export type SimilarityReason = (typeof SIMILARITY_REASONS)[number];

export interface Similarity {
  /** From 0 to 1. */
  readonly similarity: number;
  readonly matchedBy: SimilarityReason;
}

/** An incident that may be similar to another one. */
export interface SimilarityCandidate {
  readonly id: IncidentId;
  /** The compared part of its first report. */
  readonly text: string;
  /** How much that resembles the text of the other one, from 0 to 1. */
  readonly textSimilarity: number;
}

/**
 * Of two texts. A common asset number counts as much as the texts themselves. Different asset numbers halve the similarity: many
 * scooters fail in the same words.
 */
export function similarityOf(textSimilarity: number, one: string, other: string): Similarity {
  const [numbers, others] = [assetNumbersIn(one), assetNumbersIn(other)];
  if (numbers.some((number) => others.includes(number)))
    return { similarity: (1 + textSimilarity) / 2, matchedBy: 'asset_number' };
  const areDifferent = numbers.length > 0 && others.length > 0;
  return { similarity: areDifferent ? textSimilarity / 2 : textSimilarity, matchedBy: 'text' };
}

/** The candidates that are similar to a text: the most similar first, and of equal ones the newest. */
export function rankSimilar<Candidate extends SimilarityCandidate>(
  text: string,
  candidates: readonly Candidate[],
): readonly (Candidate & Similarity)[] {
  const compared = comparedPartOf(text);
  return candidates
    .map((candidate) => ({
      ...candidate,
      ...similarityOf(candidate.textSimilarity, compared, candidate.text),
    }))
    .filter(({ similarity }) => similarity >= MIN_SIMILARITY)
    .toSorted((a, b) => b.similarity - a.similarity || b.id - a.id);
}

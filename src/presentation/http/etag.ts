import type { Incident } from '../../domain/incident/incident.js';

/** The strong entity tag of an incident as it is now (RFC 9110, 8.8.3). */
export function etagOf({ id, version }: Incident): string {
  return `"${id}-${version}"`;
}

/**
 * The versions of this incident that an If-Match header lets through; undefined for any, where there is no header or
 * it is `*`. The comparison is strong (RFC 9110, 13.1.1): a weak tag lets nothing through, nor does what is no tag.
 */
export function versionsIn(ifMatch: string | undefined, id: number): number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  return ifMatch
    .split(',')
    .map((tag) => /^"(\d+)-(\d+)"$/.exec(tag.trim()))
    .filter((match) => match !== null && Number(match[1]) === id)
    .map((match) => Number(match![2]));
}

import type { Contender } from '../contender.ts';

/** The furthest that `offset` reaches: from there on, cursors lead. */
const MAX_OFFSET = 10_000;
/** How many of the largest pages to go on from there: half of a million incidents. */
const STEPS = 2_500;
const STEP = 200;

// Of incidents that no load has made or changed: pages of the same kind of texts, wherever they are in the list.
const LIST = '/api/v1/incidents?status=CLOSED';

/** The page that a list begins with, of the size that is compared. */
export const FIRST_PAGE = { method: 'GET', path: `${LIST}&limit=20` } as const;

/**
 * The path of a page deep in a list of this many incidents, found as a client would: by following links.
 * Undefined where the links hold no cursor.
 */
export async function findDeepPage(contender: Contender, rows: number): Promise<string | undefined> {
  const offset = Math.min(MAX_OFFSET, Math.floor(rows / 4));
  const next = await nextOf(contender, `${LIST}&limit=${STEP}&offset=${offset}`);
  if (next === undefined || !new URL(next, contender.url).searchParams.has('cursor')) return undefined;
  let path = next;
  const steps = Math.min(STEPS, Math.floor(rows / 2 / STEP));
  for (let step = 0; step < steps; step++) path = (await nextOf(contender, path)) ?? path;
  const page = new URL(path, contender.url);
  page.searchParams.set('limit', '20');
  return page.pathname + page.search;
}

async function nextOf(contender: Contender, path: string): Promise<string | undefined> {
  const answer = await contender.request('GET', path);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
  return /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
}

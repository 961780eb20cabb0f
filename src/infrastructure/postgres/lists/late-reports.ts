import type {
  IncidentQuery,
  PageStart,
  Passed,
  Position,
  Unseen,
} from '../../../application/incident/incident-list.js';
import { LIMITS } from '../connection/connection.js';
import type { Bind } from '../connection/sql-literal.js';
import { compared } from './list-conditions.js';

/** How far the clocks of two machines may be apart, in milliseconds. */
const CLOCK_SKEW_MS = 2_100;

/** So long after `created_at`, in milliseconds, a report is committed or never will be. */
export const SETTLED_MS: number = LIMITS.total + CLOCK_SKEW_MS;

/** So many running transactions are listed in a cursor at most; more connections write in no register that was seen. */
const MAX_RUNNING = 500;

/**
 * The conditions of reports that were committed behind the reader since the last page; undefined where there can be none.
 * They are looked for among those of the last seconds alone, and `areAll` where the page has room for no others.
 */
export function lateReports(
  { order, start }: IncidentQuery,
  bind: Bind,
): { readonly conditions: readonly string[]; readonly areAll: boolean } | undefined {
  const passed = passedIn(start);
  if (!passed || !('after' in start)) return undefined;
  const newestFirst = order === 'newest-first';
  const isUnseen = ({ from, running }: Unseen) =>
    `(created_xid >= ${bind(from)} OR created_xid = ANY(${bind(running)}::bigint[]))`;
  const { at, until, unseen, late } = passed;
  const conditions = [
    `created_at >= ${bind(new Date(at.getTime() - SETTLED_MS))}`,
    compared(newestFirst ? '>=' : '<=', start.after, bind),
    ...(until ? [`created_at <= ${bind(until)}`] : []),
    isUnseen(unseen),
    ...(late ? [`NOT ${isUnseen(late.unseen)}`, compared(newestFirst ? '<' : '>', late.after, bind)] : []),
  ];
  return { conditions, areAll: late !== undefined };
}

/**
 * Where the page after this one starts, which is not the first.
 * @param found what was read: the page, and one more where there are more.
 * @param snapshot what the reading could see, where that is needed.
 */
export function nextStart(
  { order, start, limit }: IncidentQuery,
  found: readonly Position[],
  snapshot: string | undefined,
): PageStart | undefined {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const more = found.length > limit;
  if ('before' in start) return last && { after: positionOf(shown[0]!) };
  const passed = passedIn(start);
  const newestFirst = order === 'newest-first';
  if (passed && 'after' in start) {
    const late = found.filter((each) => !isPast(start.after, each, newestFirst)).length;
    if (passed.late || late > limit) {
      // What this page could see is swept to its end, and no further: the rest is for the sweep after this one.
      const unseen = passed.late?.unseen ?? unseenIn(snapshot!);
      const { at, until } = passed;
      return more
        ? { after: start.after, passed: { ...passed, late: { after: positionOf(last!), unseen } } }
        : { after: start.after, passed: { at, until, unseen } };
    }
    if (more && late === limit)
      return { after: start.after, passed: passedNow(order, start.after, snapshot, passed) };
  }
  if (!more) return undefined;
  return { after: positionOf(last!), passed: passedNow(order, last!, snapshot, passed) };
}

/** What a reader has passed who has read up to here just now; undefined where nothing can come there any more. */
function passedNow(
  order: IncidentQuery['order'],
  { createdAt }: Position,
  snapshot: string | undefined,
  before: Passed | undefined,
): Passed | undefined {
  const at = new Date();
  const until = order === 'newest-first' ? (before?.until ?? at) : undefined;
  if (snapshot === undefined || (until ?? createdAt).getTime() < at.getTime() - SETTLED_MS) return undefined;
  return { at, until, unseen: unseenIn(snapshot) };
}

/** A snapshot of PostgreSQL, `xmin:xmax:running`, as what it does not show. */
function unseenIn(snapshot: string): Unseen {
  const [, next, list] = snapshot.split(':');
  return { from: Number(next), running: list ? list.split(',', MAX_RUNNING).map(Number) : [] };
}

/** Whether a position comes after another one in the list. */
function isPast(from: Position, to: Position, newestFirst: boolean): boolean {
  const difference = to.createdAt.getTime() - from.createdAt.getTime() || to.id - from.id;
  return newestFirst ? difference < 0 : difference > 0;
}

function passedIn(start: PageStart): Passed | undefined {
  return 'after' in start ? start.passed : undefined;
}

const positionOf = ({ createdAt, id }: Position): Position => ({ createdAt, id });

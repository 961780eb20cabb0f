import type {
  IncidentQuery,
  PageStart,
  Passed,
  Position,
  Unseen,
} from '../../../application/incident/incident-list.js';
import { LIMITS_MS } from '../connection/connection.js';
import type { Bind } from '../connection/sql-literal.js';
import { compared } from './list-conditions.js';

/** The maximum difference between the times of two processes, in milliseconds: see `DatabaseClock`. */
const CLOCK_SKEW_MS = 2_100;

/** The time after `created_at` after which a report is either committed or never will be, in milliseconds. */
export const SETTLED_MS: number = LIMITS_MS.total + CLOCK_SKEW_MS;

/** The maximum number of running transactions in a cursor; no known deployment has more writing connections. */
const MAX_RUNNING = 500;

/**
 * The conditions of reports that were committed behind the reader since the last page; undefined if there can be none. Only
 * reports of the last seconds can match. `areAll` means that the page consists of such reports only.
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
 * The start of the next page; undefined if this is the last one.
 * @param found the positions that were read: the page, and one more if there are more.
 * @param snapshot the snapshot of the read, if the page has recent reports.
 * @param now when it was read.
 */
export function nextStart(
  { order, start, limit }: IncidentQuery,
  found: readonly Position[],
  snapshot: string | undefined,
  now: Date,
): PageStart | undefined {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const more = found.length > limit;
  if ('before' in start) return last && { after: positionOf(shown[0]!) };
  const passed = passedIn(start);
  const newestFirst = order === 'newest-first';
  if (passed && 'after' in start) {
    const late = found.filter((each) => !isAfter(start.after, each, newestFirst)).length;
    if (passed.late || late > limit) {
      // This pass shows only the late reports that were visible when it began; the next pass shows the others.
      const unseen = passed.late?.unseen ?? unseenIn(snapshot!);
      const { at, until } = passed;
      return more
        ? { after: start.after, passed: { ...passed, late: { after: positionOf(last!), unseen } } }
        : { after: start.after, passed: { at, until, unseen } };
    }
    if (more && late === limit)
      return { after: start.after, passed: passedAt(now, order, start.after, snapshot, passed) };
  }
  if (!more) return undefined;
  return { after: positionOf(last!), passed: passedAt(now, order, last!, snapshot, passed) };
}

/** The late reports that a reader at this position can still miss; undefined if none can be committed any more. */
function passedAt(
  at: Date,
  order: IncidentQuery['order'],
  { createdAt }: Position,
  snapshot: string | undefined,
  before: Passed | undefined,
): Passed | undefined {
  const until = order === 'newest-first' ? (before?.until ?? at) : undefined;
  if (
    order === 'attention' ||
    snapshot === undefined ||
    (until ?? createdAt).getTime() < at.getTime() - SETTLED_MS
  )
    return undefined;
  return { at, until, unseen: unseenIn(snapshot) };
}

/** The transactions that a PostgreSQL snapshot, `xmin:xmax:running`, does not show. */
function unseenIn(snapshot: string): Unseen {
  const [, next, list] = snapshot.split(':');
  return { from: Number(next), running: list ? list.split(',', MAX_RUNNING).map(Number) : [] };
}

/** Whether `to` comes after `from` in the list. */
function isAfter(from: Position, to: Position, newestFirst: boolean): boolean {
  const difference = to.createdAt.getTime() - from.createdAt.getTime() || to.id - from.id;
  return newestFirst ? difference < 0 : difference > 0;
}

function passedIn(start: PageStart): Passed | undefined {
  return 'after' in start ? start.passed : undefined;
}

const positionOf = ({ createdAt, id, attention }: Position): Position => ({ createdAt, id, attention });

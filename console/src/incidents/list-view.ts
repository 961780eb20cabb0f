import type { Incident } from '../api/types.js';
import type { Filters, Tab } from '../router.js';
import { isOpen } from './commands.js';

/** Which incidents a list shows. */
export interface View {
  readonly tab: Tab;
  readonly filters: Filters;
}

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

const TAB_QUERIES: Readonly<Record<Tab, Query>> = {
  untaken: { untaken: true },
  mine: { assignee: 'me', status: ['NEW', 'IN_PROGRESS'] },
  in_progress: { status: 'IN_PROGRESS' },
  resolved: { status: 'RESOLVED' },
  closed: { status: 'CLOSED' },
  all: {},
};

/** The query of the API for a view, without its page. */
export function queryOf({ tab, filters }: View): Query {
  const { sources, channel, assignee, urgent, text, from, to } = filters;
  return {
    source: sources,
    channel,
    assignee,
    urgent,
    q: text,
    created_from: from && startOfDay(from).toISOString(),
    created_to: to && startOfDay(to, 1).toISOString(),
    ...TAB_QUERIES[tab],
    sort: orderOf({ tab, filters }),
  };
}

type Order = 'attention' | '-created_at';

/** What waits is shown by attention; what is done, the newest first. A search has no order by attention. */
export function orderOf({ tab, filters }: View): Order {
  return tab === 'resolved' || tab === 'closed' || filters.text !== undefined ? '-created_at' : 'attention';
}

/** The start of a day where the browser is. */
function startOfDay(day: string, daysLater = 0): Date {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year!, month! - 1, date! + daysLater);
}

/** Whether the view shows an incident. A search is decided by what the page has of the description. */
export function isInView({ tab, filters }: View, incident: Incident, me: string): boolean {
  return isInTab(tab, incident, me) && passes(filters, incident, me);
}

const IN_TABS: Readonly<Record<Tab, (incident: Incident, me: string) => boolean>> = {
  untaken: (incident) => isOpen(incident) && incident.assignee === null,
  mine: (incident, me) => isOpen(incident) && incident.assignee === me,
  in_progress: ({ status }) => status === 'IN_PROGRESS',
  resolved: ({ status }) => status === 'RESOLVED',
  closed: ({ status }) => status === 'CLOSED',
  all: () => true,
};

export const isInTab = (tab: Tab, incident: Incident, me: string): boolean => IN_TABS[tab](incident, me);

export function passes(filters: Filters, incident: Incident, me: string): boolean {
  const { sources, channel, assignee, urgent, text, from, to } = filters;
  const person = assignee === 'me' ? me : assignee === 'none' ? null : assignee;
  return (
    (!sources || sources.includes(incident.source)) &&
    (channel === undefined || incident.channel === channel) &&
    (person === undefined || incident.assignee === person) &&
    (!urgent || incident.urgent) &&
    (text === undefined || incident.description.toLowerCase().includes(text.toLowerCase())) &&
    (from === undefined || incident.created_at >= startOfDay(from).toISOString()) &&
    (to === undefined || incident.created_at < startOfDay(to, 1).toISOString())
  );
}

/** Whether the service can count what passes the filters without a search: then all tabs have counts. */
export const isCountable = ({ text }: Filters): boolean => text === undefined;

/** As the service orders: urgent and open first, then untaken ones, then the other open ones, RESOLVED, CLOSED. */
function attentionOf(incident: Incident): number {
  if (!isOpen(incident)) return incident.status === 'RESOLVED' ? 4 : 5;
  return (incident.urgent ? 0 : 2) + (incident.assignee === null ? 0 : 1);
}

/** The place of an incident in a list: a smaller key is further up. */
export type SortKey = readonly [attention: number, createdAt: number, id: number];

export function sortKeyOf(order: Order, incident: Incident): SortKey {
  const createdAt = Date.parse(incident.created_at);
  return order === 'attention'
    ? [attentionOf(incident), createdAt, incident.id]
    : [0, -createdAt, -incident.id];
}

export function compareKeys(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** The index of the first row whose key is not smaller. @param keyAt by index, ascending. */
export function lowerBound(length: number, keyAt: (index: number) => SortKey, key: SortKey): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(keyAt(middle), key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

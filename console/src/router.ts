import { type Signal, signal } from '@preact/signals';
import { SOURCES, type Source } from './api/types.js';

export const TABS = ['untaken', 'mine', 'in_progress', 'resolved', 'closed', 'all'] as const;

/** A part of the incidents that the list shows. */
export type Tab = (typeof TABS)[number];

/** The pages besides the list of incidents. */
export const FURTHER_PAGES = [
  'statistics',
  'quarantine',
  'policies',
  'heartbeats',
  'keys',
  'consumers',
  'wall',
] as const;

export type FurtherPage = (typeof FURTHER_PAGES)[number];

/** What restricts the list, besides its tab. Absent is no restriction. */
export interface Filters {
  readonly sources?: readonly Source[];
  readonly channel?: string;
  /** A person, `me` or `none`. */
  readonly assignee?: string;
  readonly urgent?: true;
  readonly text?: string;
  /** Days such as `2026-11-30`; both are included. */
  readonly from?: string;
  readonly to?: string;
}

/** The list, and the incident that is open beside it. */
export interface ListPlace {
  readonly page: 'list';
  readonly tab: Tab;
  readonly filters: Filters;
  readonly incident?: number;
}

/** What the page shows: as much as its URL says. */
export type Place = ListPlace | { readonly page: FurtherPage | 'sign-in' | 'unknown' };

export const START: ListPlace = { page: 'list', tab: 'untaken', filters: {} };

const INCIDENT = /^\/incidents\/([1-9]\d{0,14})\/?$/;
/** The name of a channel, as the service has it. */
const CHANNEL = /^[a-z][a-z0-9-]{0,31}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What a URL stands for. A parameter with an impossible value counts as absent: people edit URLs. */
export function parseUrl({ pathname, searchParams: query }: URL): Place {
  const id = INCIDENT.exec(pathname)?.[1];
  if (pathname === '/' || id !== undefined) {
    const tab = TABS.find((each) => each === query.get('tab')) ?? (id === undefined ? 'untaken' : 'all');
    return {
      page: 'list',
      tab,
      filters: filtersIn(query),
      ...(id !== undefined && { incident: Number(id) }),
    };
  }
  const name = pathname.slice(1).replace(/\/$/, '');
  const page = FURTHER_PAGES.find((each) => each === name);
  return { page: page ?? (name === 'sign-in' ? 'sign-in' : 'unknown') };
}

function filtersIn(query: URLSearchParams): Filters {
  const sources = query.get('source')?.split(',') ?? [];
  const known = SOURCES.filter((source) => sources.includes(source));
  const matching = (name: string, form: RegExp) => {
    const value = query.get(name);
    return value !== null && form.test(value) ? value : undefined;
  };
  return withoutUndefined({
    sources: known.length > 0 ? known : undefined,
    channel: matching('channel', CHANNEL),
    assignee: query.get('assignee') || undefined,
    urgent: query.get('urgent') === 'true' ? true : undefined,
    text: query.get('q') || undefined,
    from: matching('from', DAY),
    to: matching('to', DAY),
  });
}

/** The path and the query of a place. `parseUrl` reads the same place from it. */
export function formatPlace(place: Place): string {
  if (place.page !== 'list') return `/${place.page}`;
  const { tab, filters, incident } = place;
  const query = new URLSearchParams();
  // The default differs: a link to an incident alone must show it whatever its status is.
  if (tab !== (incident === undefined ? 'untaken' : 'all')) query.set('tab', tab);
  if (filters.sources) query.set('source', filters.sources.join(','));
  if (filters.channel) query.set('channel', filters.channel);
  if (filters.assignee) query.set('assignee', filters.assignee);
  if (filters.urgent) query.set('urgent', 'true');
  if (filters.text) query.set('q', filters.text);
  if (filters.from) query.set('from', filters.from);
  if (filters.to) query.set('to', filters.to);
  const path = incident === undefined ? '/' : `/incidents/${incident}`;
  const text = query.toString().replaceAll('%2C', ',');
  return text === '' ? path : `${path}?${text}`;
}

export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}

/** The part of a window that the router uses. */
export interface RouterWindow {
  readonly location: { readonly href: string };
  readonly history: Pick<History, 'pushState' | 'replaceState'>;
  addEventListener(type: 'popstate', listener: () => void): void;
}

/** The place that the page shows, in step with the address bar and its history. */
export class Router {
  readonly place: Signal<Place>;

  constructor(private readonly window: RouterWindow) {
    this.place = signal(this.current());
    window.addEventListener('popstate', () => (this.place.value = this.current()));
  }

  /** Shows a place. @param replace does not add it to the history: for what is typed, letter by letter. */
  go(place: Place, { replace = false }: { replace?: boolean } = {}): void {
    const url = formatPlace(place);
    if (url === formatPlace(this.place.value)) return;
    if (replace) this.window.history.replaceState(null, '', url);
    else this.window.history.pushState(null, '', url);
    this.place.value = place;
  }

  private current(): Place {
    return parseUrl(new URL(this.window.location.href));
  }
}

import { type ReadonlySignal, signal } from '@preact/signals';
import type { ApiClient } from '../api/api-client.js';
import { requireRequestError } from '../api/problems.js';
import type { Incident } from '../api/types.js';
import { PacedRefresh } from '../live/paced-refresh.js';
import { type Tab, TABS } from '../router.js';
import { isCountable, queryOf, type View } from './list-view.js';

/** The least time between two counts by the service, in milliseconds: events change the counts in between. */
const REFRESH_INTERVAL_MS = 3_000;

export interface Count {
  readonly count: number;
  /** Whether there may be more. */
  readonly isLowerBound: boolean;
}

export type Counts = Readonly<Partial<Record<Tab, Count>>>;

/** How many incidents each tab has, with the filters of the view. */
export class TabCounts {
  private readonly current = signal<Counts>({});
  private view: View = { tab: 'untaken', filters: {} };
  private readonly refreshing: PacedRefresh;

  constructor(
    private readonly api: ApiClient,
    pause: (ms: number) => Promise<unknown>,
  ) {
    this.refreshing = new PacedRefresh(() => this.count(), REFRESH_INTERVAL_MS, pause);
  }

  /** A tab whose count is unknown has none: those of other tabs in a search, which is costly. */
  get counts(): ReadonlySignal<Counts> {
    return this.current;
  }

  show(view: View): void {
    if (JSON.stringify(view.filters) !== JSON.stringify(this.view.filters)) this.current.value = {};
    this.view = view;
  }

  /** Counts anew, soon: at most once each `REFRESH_INTERVAL_MS`. */
  refresh(): void {
    this.refreshing.request();
  }

  private async count(): Promise<void> {
    const { view } = this;
    const tabs = isCountable(view.filters) ? TABS : [view.tab];
    try {
      const counts = await Promise.all(
        tabs.map(async (tab) => [tab, await this.countOf(tab, view)] as const),
      );
      if (view === this.view) this.current.value = Object.fromEntries(counts);
    } catch (error) {
      // The counts before stay; the connection bar says that the service is away.
      requireRequestError(error);
    }
  }

  private async countOf(tab: Tab, { filters }: View): Promise<Count> {
    const query = { ...queryOf({ tab, filters }), excerpt: true, limit: 1 };
    const { headers } = await this.api.get('/api/v1/incidents', { query });
    return {
      count: Number(headers.get('X-Total-Count')),
      isLowerBound: headers.get('X-Total-Count-Relation') === 'gte',
    };
  }

  /** Counts a change of an incident at once. @param before undefined for a new one. */
  move(before: Incident | undefined, after: Incident, isIn: (tab: Tab, incident: Incident) => boolean): void {
    const counts = this.current.value;
    const changed: Partial<Record<Tab, Count>> = {};
    for (const tab of TABS) {
      const known = counts[tab];
      // What is not counted to its end stays so.
      if (!known || known.isLowerBound) continue;
      const difference = Number(isIn(tab, after)) - Number(before !== undefined && isIn(tab, before));
      if (difference !== 0) changed[tab] = { ...known, count: Math.max(0, known.count + difference) };
    }
    if (Object.keys(changed).length > 0) this.current.value = { ...counts, ...changed };
  }
}

import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { ApiClient, ApiResponse, RequestOptions } from '../api/api-client.js';
import { requireRequestError } from '../api/problems.js';
import type { Incident, Report } from '../api/types.js';
import type { FeedEvent } from '../live/live-events.js';
import { applyEvent } from './apply-event.js';
import { CommandRequests } from './command-requests.js';
import { IncidentChanges, type Outcome } from './incident-changes.js';
import { IncidentRows } from './incident-rows.js';
import { KnownIncident } from './known-incident.js';
import { isInTab, isInView, passes, queryOf, type View } from './list-view.js';
import { TabCounts } from './tab-counts.js';

/** A longer page is a task that a person notices while scrolling. */
const PAGE_SIZE = 100;

/** Events that arrive while a page is loading are applied to it afterwards; beyond so many, it is loaded again. */
const MAX_BUFFERED_EVENTS = 1_000;

/** Incidents that are fetched one by one because of events; beyond so many, the list is loaded again. */
const MAX_FETCHES = 20;

/** So many incidents stay for a while after they have left the list. */
const MAX_SPARE = 100;

/** Events that move no incident into another list. */
const NOT_MOVING: ReadonlySet<FeedEvent['type']> = new Set([
  'reminded',
  'escalated',
  'description_appended',
  'attached',
]);

export interface ListState {
  readonly isLoading: boolean;
  /** Whether all incidents of the view are loaded. */
  readonly isComplete: boolean;
  /** Why the last page could not be loaded. */
  readonly failure?: Error;
}

/** The files of a report, and how they are sent. */
export interface ReportUpload extends Pick<RequestOptions, 'signal' | 'onProgress'> {
  readonly files: readonly File[];
}

/** What the store needs besides the API. */
export interface StoreEnvironment {
  /** The name of who is signed in. */
  readonly me: () => string;
  readonly now: () => Date;
  readonly newKey: () => string;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
}

/**
 * The incidents that the page has: those of the list and those that are open. Commands change them at once; if the service refuses,
 * they roll back. Events of the feed change them without requests wherever an event says enough.
 */
export class IncidentStore {
  private readonly entries = new Map<number, KnownIncident>();
  private readonly list: IncidentRows;
  private view: View = { tab: 'untaken', filters: {} };
  private readonly state = signal<ListState>({ isLoading: false, isComplete: false });
  /** The number of the current load: what an earlier one returns is dropped. */
  private generation = 0;
  private cursor: string | undefined;
  private buffered: FeedEvent[] | undefined;
  private readonly fetching = new Set<number>();
  /** Incidents that stay although no list shows them. */
  private readonly kept = new Set<number>();

  private readonly changes: IncidentChanges;

  readonly counts: TabCounts;

  constructor(
    private readonly api: ApiClient,
    private readonly environment: StoreEnvironment,
  ) {
    this.list = new IncidentRows();
    const requests = new CommandRequests(api, environment.newKey, (id) => this.fetch(id));
    const find = (id: number) => this.entries.get(id) ?? this.fetchEntry(id);
    this.changes = new IncidentChanges({ find, update: (entry) => this.update(entry) }, requests);
    this.counts = new TabCounts(api, environment.pause);
  }

  /** The ids of the incidents in the list, in order. */
  get rows(): ReadonlySignal<readonly number[]> {
    return this.list.rows;
  }

  get listState(): ReadonlySignal<ListState> {
    return this.state;
  }

  /** An incident as the page shows it, with the commands whose outcome is not known yet. */
  get(id: number): ReadonlySignal<Incident> | undefined {
    return this.entries.get(id)?.shown;
  }

  /** Whether the page has the whole description. */
  isWhole(id: number): boolean {
    return this.entries.get(id)?.hasWholeDescription ?? false;
  }

  /** Shows another list, from its beginning. */
  async show(view: View): Promise<void> {
    this.view = view;
    this.counts.show(view);
    await this.reload();
  }

  /** Loads the list again, for example after a reset of the feed; the rows stay until the answer arrives. */
  async reload(): Promise<void> {
    this.counts.refresh();
    await this.load(undefined);
  }

  /** Loads the next page, unless one is loading or there is none. */
  async loadMore(): Promise<void> {
    const { isLoading, isComplete } = this.state.value;
    if (!isLoading && !isComplete && this.cursor !== undefined) await this.load(this.cursor);
  }

  private async load(cursor: string | undefined): Promise<void> {
    const generation = ++this.generation;
    this.applyBuffered();
    this.buffered = [];
    this.state.value = { isLoading: true, isComplete: false };
    try {
      const query = { ...queryOf(this.view), excerpt: true, limit: PAGE_SIZE, cursor };
      const response = await this.api.get('/api/v1/incidents', { query });
      if (generation === this.generation) this.showPage(response, cursor === undefined);
    } catch (error) {
      if (generation !== this.generation) return;
      this.applyBuffered();
      this.state.value = { isLoading: false, isComplete: false, failure: error as Error };
    }
  }

  private showPage({ body, headers }: ApiResponse<readonly Incident[]>, isFirst: boolean): void {
    this.cursor = nextCursor(headers.get('Link'));
    batch(() => {
      if (isFirst) this.list.clear();
      this.list.setView(this.view, this.cursor === undefined ? undefined : body.at(-1));
      for (const incident of body) {
        this.accept(incident, false);
        this.placeRow(this.entries.get(incident.id)!);
      }
      // What stays keeps its signal, which its row in the document has.
      if (isFirst) this.forget();
      this.list.publish();
      this.state.value = { isLoading: false, isComplete: this.cursor === undefined };
      this.applyBuffered();
    });
  }

  private applyBuffered(): void {
    const events = this.buffered ?? [];
    this.buffered = undefined;
    this.apply(events);
  }

  /** Forgets incidents that have left the list, once they are many. */
  private prune(): void {
    if (this.entries.size > this.list.size + MAX_SPARE) this.forget();
  }

  /** Forgets what no list, person or request needs. */
  private forget(): void {
    for (const [id, entry] of this.entries) {
      if (!entry.isPending && !this.kept.has(id) && !this.list.has(id)) this.entries.delete(id);
    }
  }

  /** How many incidents the store has. */
  get size(): number {
    return this.entries.size;
  }

  /** Keeps an incident that is open beside the list. @returns a function that ends that. */
  keep(id: number): () => void {
    this.kept.add(id);
    return () => this.kept.delete(id);
  }

  /** Fetches an incident with its whole description. @throws ApiProblem if there is none, NetworkError */
  async fetch(id: number): Promise<Incident> {
    const { body } = await this.api.get('/api/v1/incidents/{id}', { params: { id } });
    batch(() => {
      this.accept(body, true);
      this.placeRow(this.entries.get(id)!);
      this.list.publish();
    });
    return body;
  }

  /** Takes over a state of the service, unless a newer one is known. */
  private accept(incident: Incident, isWhole: boolean): void {
    const entry = this.entries.get(incident.id);
    if (!entry) this.entries.set(incident.id, new KnownIncident(incident, isWhole));
    else if (entry.accept(incident, isWhole)) this.refresh(entry);
  }

  /** Recomputes what is shown of an incident, and moves its row and the counts accordingly. */
  private refresh(entry: KnownIncident): void {
    const before = entry.shown.value;
    entry.refresh({ me: this.environment.me(), now: this.environment.now() });
    this.counts.move(before, entry.shown.value, this.tabsOf);
    this.placeRow(entry);
  }

  /** Whether an incident counts in a tab. */
  private readonly tabsOf = (tab: View['tab'], incident: Incident): boolean => {
    const me = this.environment.me();
    return isInTab(tab, incident, me) && passes(this.view.filters, incident, me);
  };

  private placeRow({ shown: { value } }: KnownIncident): void {
    this.list.place(value, isInView(this.view, value, this.environment.me()));
  }

  /** Applies events of the feed, in their order. */
  apply(events: readonly FeedEvent[]): void {
    if (events.length === 0) return;
    if (this.buffered) {
      this.buffered.push(...events);
      if (this.buffered.length > MAX_BUFFERED_EVENTS) void this.reload();
      return;
    }
    batch(() => {
      for (const event of events) this.applyOne(event);
      this.list.publish();
    });
    this.prune();
    this.counts.refresh();
  }

  private applyOne(event: FeedEvent): void {
    const id = event.incident_id;
    const entry = this.entries.get(id);
    const incident = applyEvent(entry?.newest, event);
    if (!incident) {
      if (entry || this.mayEnter(event)) this.fetchLater(id);
      return;
    }
    if (entry) {
      if (incident === entry.newest) return;
      entry.advance(incident);
      this.refresh(entry);
      return;
    }
    this.counts.move(undefined, incident, this.tabsOf);
    if (!isInView(this.view, incident, this.environment.me()) || !this.list.reaches(incident)) return;
    this.accept(incident, false);
    this.placeRow(this.entries.get(id)!);
  }

  /** Whether an incident that the page does not have may be one of the list after this event. */
  private mayEnter({ type, status }: FeedEvent): boolean {
    if (NOT_MOVING.has(type)) return false;
    const wanted = queryOf(this.view)['status'];
    if (wanted === undefined)
      return this.view.tab === 'all' ? false : status === 'NEW' || status === 'IN_PROGRESS';
    return Array.isArray(wanted) ? wanted.includes(status) : wanted === status;
  }

  private fetchLater(id: number): void {
    if (this.fetching.has(id)) return;
    if (this.fetching.size >= MAX_FETCHES) {
      void this.reload();
      return;
    }
    void this.fetchOnce(id);
  }

  private async fetchOnce(id: number): Promise<void> {
    this.fetching.add(id);
    try {
      await this.fetch(id);
    } catch (error) {
      // The list shows what it showed: the next event or the next load brings it.
      requireRequestError(error);
    } finally {
      this.fetching.delete(id);
    }
  }

  /** The incident whose command was refused last, and how many were in all. */
  get refused(): IncidentChanges['refused'] {
    return this.changes.refused;
  }

  /** Carries out a command: see `IncidentChanges`. */
  change(...change: Parameters<IncidentChanges['change']>): Promise<Outcome> {
    return this.changes.change(...change);
  }

  /** Carries out a command on many incidents. @returns the outcomes in the order of the ids. */
  changeMany(...changes: Parameters<IncidentChanges['changeMany']>): Promise<readonly Outcome[]> {
    return this.changes.changeMany(...changes);
  }

  private async fetchEntry(id: number): Promise<KnownIncident> {
    await this.fetch(id);
    return this.entries.get(id)!;
  }

  private update(entry: KnownIncident): void {
    batch(() => {
      this.refresh(entry);
      this.list.publish();
    });
  }

  /** Reports an incident, with files if given. @throws ApiProblem, NetworkError */
  async report(report: Report, idempotencyKey: string, upload?: ReportUpload): Promise<number> {
    const content = upload ? { ...upload, form: formOf(report, upload.files) } : { json: report };
    const { body } = await this.api.post('/api/v1/incidents', { ...content, idempotencyKey });
    if ('description' in body) {
      batch(() => {
        const isNew = !this.entries.has(body.id);
        if (isNew) this.counts.move(undefined, body, this.tabsOf);
        this.accept(body, true);
        this.placeRow(this.entries.get(body.id)!);
        this.list.publish();
      });
    }
    return body.id;
  }
}

/** A report and its files, which are committed together or not at all. */
function formOf(report: Report, files: readonly File[]): FormData {
  const form = new FormData();
  form.append('report', JSON.stringify(report));
  for (const file of files) form.append('file', file);
  return form;
}

/** The cursor of the next page in a Link header (RFC 8288); undefined on the last page. */
export function nextCursor(link: string | null): string | undefined {
  const next = /<([^>]*)>; rel="next"/.exec(link ?? '')?.[1];
  return next === undefined
    ? undefined
    : (new URLSearchParams(next.split('?')[1]).get('cursor') ?? undefined);
}

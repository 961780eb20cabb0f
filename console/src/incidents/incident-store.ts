import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ApiClient, ApiResponse } from '../api/api-client.js';
import { ApiProblem, requireRequestError } from '../api/problems.js';
import type { Incident, IncidentEvent, Report } from '../api/types.js';
import type { FeedEvent } from '../live/live-events.js';
import { applyEvent } from './apply-event.js';
import { CommandRequests } from './command-requests.js';
import { applyCommand, type Command, isLegal, undoOf } from './commands.js';
import { IncidentRows } from './incident-rows.js';
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

const MAX_CONCURRENT_CHANGES = 4;

export interface ListState {
  readonly isLoading: boolean;
  /** Whether all incidents of the view are loaded. */
  readonly isComplete: boolean;
  /** Why the last page could not be loaded. */
  readonly failure?: Error;
}

/** What became of a command. */
export type Outcome =
  { readonly outcome: 'done'; readonly incident: Incident; readonly undo?: Command } | Refusal;

export interface Refusal {
  readonly outcome: 'refused';
  readonly id: number;
  readonly command: Command;
  /** Undefined if the command is illegal by what the page knows already: nothing was sent. */
  readonly reason?: Error;
  /** The incident as it is now, as far as that is known. */
  readonly incident?: Incident;
  /** What happened since the version that the person saw. */
  readonly meanwhile: readonly IncidentEvent[];
}

interface Entry {
  /** The newest state that the service has sent. */
  base: Incident;
  /** Whether the description is complete; lists have excerpts. */
  isWhole: boolean;
  pending: Command[];
  readonly shown: Signal<Incident>;
  /** Commands on one incident are sent one after the other. */
  queue: Promise<unknown>;
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
  private readonly entries = new Map<number, Entry>();
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

  private readonly requests: CommandRequests;

  readonly counts: TabCounts;
  /** The incident whose command was refused last, and how many were before. */
  readonly refused = signal<{ readonly id: number; readonly count: number }>({ id: 0, count: 0 });

  constructor(
    private readonly api: ApiClient,
    private readonly environment: StoreEnvironment,
  ) {
    this.list = new IncidentRows();
    this.requests = new CommandRequests(api, environment.newKey, (id) => this.fetch(id));
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
    return this.entries.get(id)?.isWhole ?? false;
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
      if (entry.pending.length === 0 && !this.kept.has(id) && !this.list.has(id)) this.entries.delete(id);
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
    if (!entry) {
      const shown = signal(incident);
      const queue = Promise.resolve();
      this.entries.set(incident.id, { base: incident, isWhole, pending: [], shown, queue });
      return;
    }
    if (incident.version < entry.base.version) return;
    if (incident.version === entry.base.version && entry.isWhole && !isWhole) return;
    entry.base = incident;
    // With an excerpt of a newer version, the page has no complete description any more.
    entry.isWhole = isWhole;
    this.refresh(entry);
  }

  /** Recomputes what is shown of an incident, and moves its row and the counts accordingly. */
  private refresh(entry: Entry): void {
    const before = entry.shown.value;
    const circumstances = { me: this.environment.me(), now: this.environment.now() };
    const shown = entry.pending.reduce(
      (incident, command) => applyCommand(incident, command, circumstances),
      entry.base,
    );
    entry.shown.value = shown;
    this.counts.move(before, shown, this.tabsOf);
    this.placeRow(entry);
  }

  /** Whether an incident counts in a tab. */
  private readonly tabsOf = (tab: View['tab'], incident: Incident): boolean => {
    const me = this.environment.me();
    return isInTab(tab, incident, me) && passes(this.view.filters, incident, me);
  };

  private placeRow({ shown: { value } }: Entry): void {
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
    const incident = applyEvent(entry?.base, event);
    if (!incident) {
      if (entry || this.mayEnter(event)) this.fetchLater(id);
      return;
    }
    if (entry) {
      if (incident === entry.base) return;
      entry.base = incident;
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
    if (type === 'reminded' || type === 'escalated' || type === 'description_appended') return false;
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

  /**
   * Carries out a command. The page shows its effect at once; if the service refuses, it shows the incident as it is.
   * @param options.isForced whether the person has seen what happened meanwhile and wants it all the same.
   */
  async change(
    id: number,
    command: Command,
    { idempotencyKey, isForced = false }: { idempotencyKey?: string; isForced?: boolean } = {},
  ): Promise<Outcome> {
    let entry: Entry;
    try {
      entry = this.entries.get(id) ?? (await this.fetchEntry(id));
    } catch (error) {
      return { outcome: 'refused', id, command, reason: requireRequestError(error), meanwhile: [] };
    }
    if (!isLegal(command.kind, entry.shown.value)) {
      return { outcome: 'refused', id, command, incident: entry.shown.value, meanwhile: [] };
    }
    const before = entry.shown.value;
    entry.pending.push(command);
    this.update(entry);
    const sent = entry.queue.then(() =>
      this.requests.send(entry.base, command, { idempotencyKey, isForced }),
    );
    entry.queue = sent.then(
      () => undefined,
      () => undefined,
    );
    try {
      const { body } = await sent;
      this.settle(entry, command, body);
      return { outcome: 'done', incident: body, undo: undoOf(command, before) };
    } catch (error) {
      return await this.rollBack(entry, command, requireRequestError(error), before.version);
    }
  }

  private async fetchEntry(id: number): Promise<Entry> {
    await this.fetch(id);
    return this.entries.get(id)!;
  }

  private settle(entry: Entry, command: Command, incident?: Incident): void {
    entry.pending = entry.pending.filter((each) => each !== command);
    if (incident && incident.version >= entry.base.version) {
      entry.base = incident;
      entry.isWhole = true;
    }
    this.update(entry);
  }

  private update(entry: Entry): void {
    batch(() => {
      this.refresh(entry);
      this.list.publish();
    });
  }

  /** @param seen the version that the person saw: events of later ones may have arrived since. */
  private async rollBack(entry: Entry, command: Command, reason: Error, seen: number): Promise<Refusal> {
    const { id } = entry.base;
    this.settle(entry, command);
    this.refused.value = { id, count: this.refused.value.count + 1 };
    const isConflict = reason instanceof ApiProblem && (reason.status === 409 || reason.status === 412);
    const meanwhile = isConflict ? await this.requests.eventsSince(id, seen) : [];
    return { outcome: 'refused', id, command, reason, incident: entry.shown.value, meanwhile };
  }

  /** Carries out a command on many incidents. @returns the outcomes in the order of the ids. */
  async changeMany(ids: readonly number[], command: Command): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    const remaining = [...ids.entries()];
    const work = async () => {
      for (let next = remaining.shift(); next; next = remaining.shift()) {
        const [index, id] = next;
        outcomes[index] = await this.change(id, command);
      }
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT_CHANGES }, work));
    return outcomes;
  }

  /** Reports an incident. @throws ApiProblem, NetworkError */
  async report(report: Report, idempotencyKey: string): Promise<number> {
    const { body } = await this.api.post('/api/v1/incidents', { json: report, idempotencyKey });
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

/** The cursor of the next page in a Link header (RFC 8288); undefined on the last page. */
export function nextCursor(link: string | null): string | undefined {
  const next = /<([^>]*)>; rel="next"/.exec(link ?? '')?.[1];
  return next === undefined
    ? undefined
    : (new URLSearchParams(next.split('?')[1]).get('cursor') ?? undefined);
}

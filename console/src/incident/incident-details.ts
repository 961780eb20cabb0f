import { batch, signal } from '@preact/signals';
import type { ApiClient } from '../api/api-client.js';
import { ApiProblem, requireRequestError } from '../api/problems.js';
import type { Attachment, Incident, IncidentEvent, SimilarIncident } from '../api/types.js';
import type { IncidentStore } from '../incidents/incident-store.js';

const HISTORY_PAGE = 200;

/** Duplicates that are named; the history of the incident has all. */
const MAX_DUPLICATES = 20;

const MAX_SIMILAR = 5;

export type DetailsState =
  { readonly state: 'loading' | 'ready' | 'missing' } | { readonly state: 'failed'; readonly failure: Error };

/** What the page of one incident shows besides the incident itself, kept up to date as its version grows. */
export class IncidentDetails {
  readonly state = signal<DetailsState>({ state: 'loading' });
  readonly history = signal<readonly IncidentEvent[]>([]);
  /** Whether the history has further events that are not loaded. */
  readonly hasMore = signal(false);
  readonly duplicates = signal<readonly Incident[]>([]);
  readonly similar = signal<readonly SimilarIncident[]>([]);
  readonly attachments = signal<readonly Attachment[]>([]);
  /** Why the attachments could not be loaded. */
  readonly attachmentsFailure = signal<Error | undefined>(undefined);
  private isUpdating = false;
  /** The version of the incident that the list of attachments has at least. */
  private attachmentsVersion = 0;

  constructor(
    readonly id: number,
    private readonly api: ApiClient,
    private readonly store: IncidentStore,
  ) {}

  async load(): Promise<void> {
    this.state.value = { state: 'loading' };
    try {
      await Promise.all([this.store.fetch(this.id), this.loadHistory(), this.loadRelated()]);
      this.state.value = { state: 'ready' };
    } catch (error) {
      const isMissing = error instanceof ApiProblem && error.status === 404;
      this.state.value = isMissing
        ? { state: 'missing' }
        : { state: 'failed', failure: requireRequestError(error) };
    }
  }

  /** Loads the events after those that are loaded, and the attachments if some are among them. */
  async loadHistory(): Promise<void> {
    const after = this.history.value.at(-1)?.seq ?? 0;
    const { body, headers } = await this.api.get('/api/v1/incidents/{id}/events', {
      params: { id: this.id },
      query: { after, limit: HISTORY_PAGE },
    });
    batch(() => {
      // Two requests may overlap.
      const last = this.history.value.at(-1)?.seq ?? 0;
      this.history.value = [...this.history.value, ...body.filter(({ seq }) => seq > last)];
      this.hasMore.value = headers.get('Link')?.includes('rel="next"') ?? false;
    });
    // Most incidents have no files, and cost no request. Behind a part of the history there may be some.
    if (this.hasMore.value || body.some(({ type }) => type === 'attached')) await this.loadAttachments();
  }

  /** Loads the list of attachments. If that fails, the page shows the rest. */
  async loadAttachments(): Promise<void> {
    const { version } = this;
    try {
      const { body } = await this.api.get('/api/v1/incidents/{id}/attachments', { params: { id: this.id } });
      this.attachmentsVersion = Math.max(this.attachmentsVersion, version);
      batch(() => {
        // An earlier request may be answered later. Attachments are never removed.
        if (body.length >= this.attachments.value.length) this.attachments.value = body;
        this.attachmentsFailure.value = undefined;
      });
    } catch (error) {
      this.attachmentsFailure.value = requireRequestError(error);
    }
  }

  private async loadRelated(): Promise<void> {
    const [duplicates, similar] = await Promise.all([
      this.api.get('/api/v1/incidents', {
        query: { duplicate_of: this.id, excerpt: true, limit: MAX_DUPLICATES },
      }),
      this.api.get('/api/v1/incidents/{id}/similar', { params: { id: this.id } }),
    ]);
    batch(() => {
      this.duplicates.value = duplicates.body;
      this.similar.value = similar.body.slice(0, MAX_SIMILAR);
    });
  }

  /** Follows changes of the incident: reads the events that are missing, and the whole description. */
  async update(): Promise<void> {
    if (this.isUpdating || this.state.value.state !== 'ready') return;
    this.isUpdating = true;
    try {
      // It may change again meanwhile, as it does when several files are attached.
      for (let seen = 0; this.version > seen;) {
        seen = this.version;
        await this.catchUp();
      }
    } catch (error) {
      // What is shown stays; the next change tries again.
      requireRequestError(error);
    } finally {
      this.isUpdating = false;
    }
  }

  private get version(): number {
    return this.store.get(this.id)?.peek().version ?? 0;
  }

  private async catchUp(): Promise<void> {
    const { version } = this;
    if (!this.store.isWhole(this.id)) await this.store.fetch(this.id);
    if (this.hasMore.value) {
      if (this.attachmentsVersion < version) await this.loadAttachments();
      return;
    }
    if ((this.history.value.at(-1)?.seq ?? 0) >= version) return;
    await this.loadHistory();
    if (this.history.value.at(-1)?.type === 'duplicate_linked') await this.loadRelated();
  }
}

import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ApiClient } from '../api/api-client.js';
import { isFinalRefusal, requireRequestError } from '../api/problems.js';
import { FileProblem, requireReadable, requireSize } from './received-files.js';

/** Files that are not sent yet; as many as an incident may have. */
const MAX_UPLOADS = 100;

/** How far the upload of a file is. */
export type UploadState =
  | { readonly state: 'waiting' }
  | {
      readonly state: 'sending';
      /** From 0 to 1; undefined while the network is lost or the service is unavailable. */
      readonly fraction: number | undefined;
    }
  /** It is not attached, or nobody knows: it can be sent again. */
  | { readonly state: 'failed'; readonly error: Error };

/** A file that is being attached to an incident. */
export interface Upload {
  readonly id: number;
  readonly incident: number;
  readonly file: File;
  readonly state: ReadonlySignal<UploadState>;
}

interface Entry extends Upload {
  readonly state: Signal<UploadState>;
  /** The idempotency key: the same until the service has refused the file. */
  key: string;
  readonly stop: AbortController;
}

interface Environment {
  readonly newKey: () => string;
  /** Is called when a file is attached to this incident. */
  readonly onAttached: (incident: number) => void;
}

/** Whether a file was refused, so that it is of no use to send it again as it is. */
const isRefused = (upload: UploadState): boolean =>
  upload.state === 'failed' && (upload.error instanceof FileProblem || isFinalRefusal(upload.error));

/**
 * Attaches files to incidents: one after the other, in the order in which they were added, also after their page was left. Each is a request of
 * its own under a key of its own, so that each has a progress and an end, and takes effect once however often it is sent.
 */
export class UploadQueue {
  private readonly entries = signal<readonly Entry[]>([]);
  private isRunning = false;
  private lastId = 0;

  /** Whether there are files that are not attached, and may yet be: they are lost if the page is left. */
  readonly hasUnsent: ReadonlySignal<boolean> = computed(() =>
    this.entries.value.some(({ state }) => !isRefused(state.value)),
  );

  constructor(
    private readonly api: ApiClient,
    private readonly environment: Environment,
  ) {}

  /** The files that are not attached to an incident yet. */
  of(incident: number): readonly Upload[] {
    return this.entries.value.filter((entry) => entry.incident === incident);
  }

  /** Attaches files to an incident. @throws FileProblem if there would be too many; none of them is added then. */
  add(incident: number, files: readonly File[]): void {
    if (this.entries.value.length + files.length > MAX_UPLOADS)
      throw new FileProblem('file.too-many-uploads');
    const added = files.map((file) => ({
      id: ++this.lastId,
      incident,
      file,
      state: signal<UploadState>({ state: 'waiting' }),
      key: this.environment.newKey(),
      stop: new AbortController(),
    }));
    this.entries.value = [...this.entries.value, ...added];
    void this.run();
  }

  /** Sends a file again that has failed. */
  retry(id: number): void {
    const entry = this.find(id);
    const state = entry?.state.value;
    if (!entry || state?.state !== 'failed') return;
    if (isFinalRefusal(state.error)) entry.key = this.environment.newKey();
    entry.state.value = { state: 'waiting' };
    void this.run();
  }

  /** Ends an upload, and forgets its file. A file that the service has all of may be attached nevertheless. */
  cancel(id: number): void {
    const entry = this.find(id);
    if (!entry) return;
    this.remove(entry);
    entry.stop.abort();
  }

  private find(id: number): Entry | undefined {
    return this.entries.value.find((entry) => entry.id === id);
  }

  private remove(entry: Entry): void {
    this.entries.value = this.entries.value.filter((each) => each !== entry);
  }

  private async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      for (let next = this.next(); next; next = this.next()) await this.send(next);
    } finally {
      this.isRunning = false;
    }
  }

  private next(): Entry | undefined {
    return this.entries.value.find(({ state }) => state.value.state === 'waiting');
  }

  private async send(entry: Entry): Promise<void> {
    const { incident, file, state, stop } = entry;
    state.value = { state: 'sending', fraction: 0 };
    try {
      requireSize(file);
      await requireReadable(file);
      const form = new FormData();
      form.append('file', file);
      await this.api.post('/api/v1/incidents/{id}/attachments', {
        params: { id: incident },
        form,
        idempotencyKey: entry.key,
        signal: stop.signal,
        onProgress: (fraction) => (state.value = { state: 'sending', fraction }),
      });
      this.remove(entry);
      this.environment.onAttached(incident);
    } catch (error) {
      if (stop.signal.aborted) return;
      const failure = error instanceof FileProblem ? error : requireRequestError(error);
      state.value = { state: 'failed', error: failure };
    }
  }
}

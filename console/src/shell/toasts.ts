import { type ReadonlySignal, signal } from '@preact/signals';

export interface ToastAction {
  readonly label: string;
  run(): void;
}

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'refused';
  readonly text: string;
  /** Further lines, such as the refusals of a change of many. */
  readonly lines?: readonly string[];
  readonly action?: ToastAction;
}

const MAX_TOASTS = 4;

/** How long a message stays, in milliseconds: one that tells of a refusal stays until it is dismissed. */
const DONE_MS = 6_000;

/** Short messages about what was done or refused. */
export class Toasts {
  private readonly current = signal<readonly Toast[]>([]);
  private lastId = 0;

  /** @param pause resolves after so many milliseconds. */
  constructor(private readonly pause: (ms: number) => Promise<unknown>) {}

  get shown(): ReadonlySignal<readonly Toast[]> {
    return this.current;
  }

  show(toast: Omit<Toast, 'id'>): void {
    const id = ++this.lastId;
    this.current.value = [...this.current.value, { ...toast, id }].slice(-MAX_TOASTS);
    if (toast.kind === 'done') void this.pause(DONE_MS).then(() => this.dismiss(id));
  }

  dismiss(id: number): void {
    this.current.value = this.current.value.filter((toast) => toast.id !== id);
  }
}

import { type ReadonlySignal, signal } from '@preact/signals';
import { FileProblem } from '../attachments/received-files.js';
import type { UploadQueue } from '../attachments/upload-queue.js';
import type { Attachment, Incident } from '../api/types.js';
import { BULK_KINDS } from '../incidents/commands.js';
import type { IncidentStore } from '../incidents/incident-store.js';
import type { ActionName } from '../keyboard/bindings.js';
import { type ListPlace, type Router, START } from '../router.js';
import type { Session } from '../session/session.js';
import type { Selection } from '../work-list/selection.js';
import type { CommandRunner } from './command-runner.js';
import { explain } from './explain.js';
import type { Toasts } from './toasts.js';

/** A dialog that is open. */
export type OpenDialog =
  | { readonly kind: 'report' }
  | { readonly kind: 'help' }
  | { readonly kind: 'hand_over'; readonly id: number }
  | {
      readonly kind: 'duplicate';
      readonly id: number;
      /** The original that is proposed. */
      readonly original?: number;
    }
  | {
      readonly kind: 'viewer';
      readonly incident: number;
      /** The attachments that it goes through; they may become more. */
      readonly attachments: ReadonlySignal<readonly Attachment[]>;
      /** The number of the first one that it shows. */
      readonly number: number;
    };

/** A field that a key moves the focus to. */
export type FocusTarget = 'search' | 'append';

/** How long the selection rests on an incident before it is opened beside the list, in milliseconds: a held key passes many. */
const REST_MS = 120;

interface Parts {
  readonly router: Router;
  readonly store: IncidentStore;
  readonly session: Session;
  readonly selection: Selection;
  readonly toasts: Toasts;
  readonly uploads: UploadQueue;
  readonly commands: CommandRunner;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
  /** Loads the page again. */
  readonly reload: () => void;
}

/** What people do, whether by keys, buttons or touch: dialogs, moves through the list, and commands for the incidents that are selected. */
export class UserActions {
  readonly dialog = signal<OpenDialog | undefined>(undefined);
  /** The field that is to get the focus; the count tells requests for the same field apart. */
  readonly focus = signal<{ readonly target: FocusTarget; readonly count: number } | undefined>(undefined);
  /** The incident that is about to be opened beside the list. */
  private following: number | undefined;

  constructor(private readonly parts: Parts) {}

  get selection(): Selection {
    return this.parts.selection;
  }

  /** Whether the person may report incidents, and so attach files. */
  get mayAttach(): boolean {
    return this.parts.session.may('report');
  }

  /** Attaches files to an incident, or says why it does not. */
  attach(incident: number, files: readonly File[]): void {
    try {
      this.parts.uploads.add(incident, files);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      this.parts.toasts.show({ kind: 'refused', text: explain(error) });
    }
  }

  /** Shows an attachment. */
  view(incident: number, attachments: ReadonlySignal<readonly Attachment[]>, number: number): void {
    this.show({ kind: 'viewer', incident, attachments, number });
  }

  /** Whether the person may change incidents. */
  get mayChange(): boolean {
    return this.parts.session.may('change');
  }

  /** The list, also behind a further page. */
  private get place(): ListPlace {
    const { value: place } = this.parts.router.place;
    return place.page === 'list' ? place : START;
  }

  /** The incident that a command without marks is for: the one that is open or about to be, else the selected one. */
  get target(): number | undefined {
    return this.following ?? this.place.incident ?? this.selection.id.value;
  }

  /** Signs out, and forgets everything that the page shows. */
  async signOut(): Promise<void> {
    try {
      await this.parts.session.signOut();
      this.parts.reload();
    } catch (error) {
      this.parts.toasts.show({ kind: 'refused', text: explain(error) });
    }
  }

  /** Opens an incident beside the list. */
  open(id: number): void {
    this.following = undefined;
    this.selection.select(id);
    this.parts.router.go({ ...this.place, incident: id });
  }

  closeIncident(): void {
    this.following = undefined;
    const { page: _, incident: __, ...list } = this.place;
    this.parts.router.go({ page: 'list', ...list });
  }

  /** What a key or a button asks for. @returns false if there is nothing to do, so that the key keeps its meaning for the browser. */
  perform(action: ActionName): boolean {
    return this.actions[action]();
  }

  private readonly actions: Readonly<Record<ActionName, () => boolean>> = {
    take: () => this.performPlain('take'),
    resolve: () => this.performPlain('resolve'),
    close: () => this.performPlain('close'),
    reopen: () => this.performPlain('reopen'),
    release: () => this.performPlain('release'),
    urgency: () =>
      this.onTarget(({ id, urgent }) => this.parts.commands.run(id, { kind: 'urgency', urgent: !urgent })),
    hand_over: () => this.onTarget(({ id }) => this.show({ kind: 'hand_over', id })),
    duplicate: () => this.onTarget(({ id }) => this.show({ kind: 'duplicate', id })),
    append: () =>
      this.onTarget(({ id }) => {
        this.open(id);
        this.focusOn('append');
      }),
    report: () => this.parts.session.may('report') && this.show({ kind: 'report' }),
    help: () => this.show({ kind: 'help' }),
    search: () => this.focusOn('search'),
    undo: () => this.parts.commands.undo(),
    next: () => this.move(1),
    previous: () => this.move(-1),
    extend_next: () => this.selection.extend(1) !== undefined,
    extend_previous: () => this.selection.extend(-1) !== undefined,
    toggle: () => this.onSelected((id) => this.selection.toggle(id)),
    open: () => this.onSelected((id) => this.open(id)),
    back: () => this.goBack(),
  };

  private show(dialog: OpenDialog): true {
    this.dialog.value = dialog;
    return true;
  }

  private onSelected(act: (id: number) => void): boolean {
    const { value: id } = this.selection.id;
    if (id === undefined) return false;
    act(id);
    return true;
  }

  private focusOn(target: FocusTarget): true {
    this.focus.value = { target, count: (this.focus.value?.count ?? 0) + 1 };
    return true;
  }

  private move(step: number): boolean {
    const id = this.selection.move(step);
    if (id !== undefined && this.place.incident !== undefined) void this.follow(id);
    return id !== undefined;
  }

  /**
   * Opens the selected incident beside the list once the selection rests on it: browsers refuse very many changes of the URL, and each
   * would load an incident that nobody looks at. It replaces the one before: each row in the history would bury the way back.
   */
  private async follow(id: number): Promise<void> {
    this.following = id;
    await this.parts.pause(REST_MS);
    if (this.following !== id) return;
    this.following = undefined;
    if (this.place.incident !== undefined)
      this.parts.router.go({ ...this.place, incident: id }, { replace: true });
  }

  private goBack(): boolean {
    if (this.selection.marked.value.size > 0) this.selection.clearMarks();
    else if (this.place.incident !== undefined) this.closeIncident();
    else return false;
    return true;
  }

  private performPlain(kind: 'take' | 'resolve' | 'close' | 'reopen' | 'release'): boolean {
    const marked = [...this.selection.marked.value];
    const isBulk = BULK_KINDS.some((each) => each === kind);
    if (marked.length > 0 && isBulk && this.mayChange) {
      this.selection.clearMarks();
      void this.parts.commands.runMany(marked, { kind });
      return true;
    }
    return this.onTarget(({ id }) => this.parts.commands.run(id, { kind }));
  }

  private onTarget(act: (incident: Incident) => unknown): boolean {
    const { target } = this;
    const incident = target === undefined ? undefined : this.parts.store.get(target)?.value;
    if (!incident || !this.mayChange) return false;
    act(incident);
    return true;
  }
}

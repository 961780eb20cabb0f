import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ReadonlySignal } from '@preact/signals';
import type { ApiClient } from './api/api-client.js';
import type { LimitAlerts } from './live/limit-alerts.js';
import type { LiveEvents } from './live/live-events.js';
import type { Drafts } from './drafts/drafts.js';
import type { IncidentStore } from './incidents/incident-store.js';
import type { Limits } from './incidents/limits.js';
import type { Router } from './router.js';
import type { ReportFiles } from './attachments/report-files.js';
import type { UploadQueue } from './attachments/upload-queue.js';
import type { Session } from './session/session.js';
import type { CommandRunner } from './shell/command-runner.js';
import type { UserActions } from './shell/user-actions.js';
import type { Toasts } from './shell/toasts.js';

/** What the parts of the page share. */
export interface AppContext {
  readonly api: ApiClient;
  readonly session: Session;
  readonly router: Router;
  readonly store: IncidentStore;
  readonly live: LiveEvents;
  readonly drafts: Drafts;
  /** The files that are being attached to incidents. */
  readonly uploads: UploadQueue;
  /** The files of the new report. */
  readonly reportFiles: ReportFiles;
  readonly limits: Limits;
  readonly alerts: LimitAlerts;
  readonly toasts: Toasts;
  readonly commands: CommandRunner;
  /** What people do: by keys, buttons and touch. */
  readonly userActions: UserActions;
  /** The time, each second. */
  readonly now: ReadonlySignal<Date>;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
}

export const App = createContext<AppContext | undefined>(undefined);

export function useApp(): AppContext {
  const app = useContext(App);
  if (!app) throw new Error('There is no App around this component.');
  return app;
}

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { FeedEvent } from './feed.js';

/** How this browser alerts somebody; all is off by default. */
export interface AlertSettings {
  readonly hasSound: boolean;
  readonly hasNotification: boolean;
}

/** What a notification of the system shows. */
export interface AlertText {
  readonly title: string;
  readonly body: string;
}

/** What alerts need. */
export interface AlertEnvironment {
  /** `localStorage`; undefined where the browser allows none. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  readonly now: () => Date;
  /** Plays the sound. @returns false if the browser does not allow it before somebody has clicked. */
  readonly playSound: () => boolean;
  /** Shows a notification; one with the same tag replaces another one. */
  readonly notify: (text: AlertText, tag: string) => void;
  /** Asks the person whether notifications are allowed. @returns false also where the browser has none. */
  readonly requestPermission: () => Promise<boolean>;
  /** The text of a notification about these events, in the language of the page. */
  readonly describe: (events: readonly FeedEvent[]) => AlertText;
}

export const SETTINGS_ITEM = 'incidents.alerts';

/** The position of the last event that a tab of this browser has alerted to. */
const ALERTED_ITEM = 'incidents.alerted';

/** What happened longer ago, while the computer slept, is no alert any more. */
const MAX_AGE_MS = 300_000;

const OFF: AlertSettings = { hasSound: false, hasNotification: false };

/**
 * A sound and a notification of the system when an incident exceeds the limit of its policy (`take_within`), and each time the service
 * reminds of it: so quiet hours apply. One tab of the browser alerts, once for all incidents that exceed their limit at the same time.
 */
export class LimitAlerts {
  readonly settings: ReadonlySignal<AlertSettings>;
  private readonly current: Signal<AlertSettings>;

  constructor(private readonly environment: AlertEnvironment) {
    this.current = signal(parseSettings(environment.storage?.getItem(SETTINGS_ITEM) ?? null));
    this.settings = this.current;
  }

  setSound(hasSound: boolean): void {
    this.change({ ...this.current.value, hasSound });
    // The person hears what it is like.
    if (hasSound) this.environment.playSound();
  }

  /** Call it when somebody clicks: browsers ask for permission only then. @returns whether notifications are on now. */
  async setNotification(isWanted: boolean): Promise<boolean> {
    const hasNotification = isWanted && (await this.environment.requestPermission());
    this.change({ ...this.current.value, hasNotification });
    return hasNotification;
  }

  /** Another tab has changed the settings. */
  changedElsewhere(value: string | null): void {
    this.current.value = parseSettings(value);
  }

  /** Alerts somebody if the events say that incidents have exceeded their limits. */
  onEvents(events: readonly FeedEvent[]): void {
    const { hasSound, hasNotification } = this.current.value;
    if (!hasSound && !hasNotification) return;
    const exceeded = events.filter((event) => this.isExceeded(event, events));
    const last = exceeded.at(-1);
    if (!last || this.environment.storage?.getItem(ALERTED_ITEM) === last.position) return;
    const isHeard = hasSound && this.environment.playSound();
    if (hasNotification) this.environment.notify(this.environment.describe(exceeded), last.position);
    // A tab that must be silent leaves the sound to another one.
    if (isHeard || hasNotification) this.environment.storage?.setItem(ALERTED_ITEM, last.position);
  }

  private isExceeded(event: FeedEvent, events: readonly FeedEvent[]): boolean {
    const isReminder = event.type === 'reminded' || event.type === 'escalated';
    if (!isReminder || event.purpose !== 'take') return false;
    if (this.environment.now().getTime() - new Date(event.at).getTime() > MAX_AGE_MS) return false;
    // Not if somebody has taken it since.
    return !events.some(
      ({ incident_id: id, seq, status, assignee }) =>
        id === event.incident_id && seq > event.seq && (status !== event.status || assignee !== undefined),
    );
  }

  private change(settings: AlertSettings): void {
    this.current.value = settings;
    this.environment.storage?.setItem(SETTINGS_ITEM, JSON.stringify(settings));
  }
}

function parseSettings(value: string | null): AlertSettings {
  if (value === null) return OFF;
  try {
    const { hasSound, hasNotification } = { ...(JSON.parse(value) as Partial<AlertSettings>) };
    return { hasSound: hasSound === true, hasNotification: hasNotification === true };
  } catch (error) {
    if (error instanceof SyntaxError) return OFF;
    throw error;
  }
}

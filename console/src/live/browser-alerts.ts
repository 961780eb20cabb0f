import type { FeedEvent } from './feed.js';
import { type AlertText, LimitAlerts, SETTINGS_ITEM } from './limit-alerts.js';

/** Two tones, each as its frequency in hertz and its beginning in seconds. */
const TONES = [
  [880, 0],
  [660, 0.18],
] as const;
const TONE_SECONDS = 0.16;
const VOLUME = 0.2;
/** An exponential slope cannot end at 0. */
const MIN_GAIN = 0.0001;

/** The alerts of this browser. @param open shows the incident of a notification that somebody has clicked. */
export function browserAlerts(
  describe: (events: readonly FeedEvent[]) => AlertText,
  open: (events: readonly FeedEvent[]) => void,
): LimitAlerts {
  const sound = new Sound();
  let described: readonly FeedEvent[] = [];
  const alerts = new LimitAlerts({
    storage: localStorage,
    now: () => new Date(),
    playSound: () => sound.play(),
    notify: ({ title, body }, tag) => {
      const events = described;
      const notification = new Notification(title, { body, tag });
      notification.addEventListener('click', () => {
        window.focus();
        open(events);
        notification.close();
      });
    },
    requestPermission: async () =>
      hasNotifications() && (await Notification.requestPermission()) === 'granted',
    describe: (events) => {
      described = events;
      return describe(events);
    },
  });
  addEventListener('storage', ({ key, newValue }) => {
    if (key === SETTINGS_ITEM) alerts.changedElsewhere(newValue);
  });
  // Browsers allow sound only after somebody has clicked or typed.
  const unlock = () => alerts.settings.value.hasSound && sound.unlock();
  addEventListener('pointerdown', unlock);
  addEventListener('keydown', unlock);
  return alerts;
}

/** Whether a page may show notifications: over TLS, and not on Android, where only service workers may. */
function hasNotifications(): boolean {
  return isSecureContext && 'Notification' in window && !/Android/.test(navigator.userAgent);
}

/** Tones that are computed: no file is loaded. */
class Sound {
  private context: AudioContext | undefined;

  /** Prepares the sound while somebody clicks. */
  unlock(): void {
    this.context ??= new AudioContext();
    if (this.context.state === 'suspended') void this.context.resume();
  }

  /** @returns whether it can be heard. */
  play(): boolean {
    if (navigator.userActivation.hasBeenActive) this.unlock();
    const { context } = this;
    if (!context) return false;
    for (const [frequency, beginSeconds] of TONES) {
      const begin = context.currentTime + beginSeconds;
      const oscillator = new OscillatorNode(context, { frequency });
      const gain = new GainNode(context, { gain: MIN_GAIN });
      // Without a slope at both ends, it clicks.
      gain.gain.setValueAtTime(MIN_GAIN, begin);
      gain.gain.exponentialRampToValueAtTime(VOLUME, begin + 0.02);
      gain.gain.exponentialRampToValueAtTime(MIN_GAIN, begin + TONE_SECONDS);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(begin);
      oscillator.stop(begin + TONE_SECONDS);
    }
    return true;
  }
}

import { effect, type Signal, signal } from '@preact/signals';
import { type Language, language, LANGUAGES, preferredLanguage } from '../translations/translations.js';

export const THEMES = ['system', 'light', 'dark'] as const;

export type Theme = (typeof THEMES)[number];

export const theme: Signal<Theme> = signal('system');

const LANGUAGE_PLACE = 'incidents.language';
const THEME_PLACE = 'incidents.theme';

/** Applies what this browser's user has chosen, and stores what they choose from now on. */
export function applyPreferences(document: Document, storage: Storage, preferred: readonly string[]): void {
  const storedLanguage = storage.getItem(LANGUAGE_PLACE) ?? '';
  language.value = Object.hasOwn(LANGUAGES, storedLanguage)
    ? (storedLanguage as Language)
    : preferredLanguage(preferred);
  theme.value = THEMES.find((each) => each === storage.getItem(THEME_PLACE)) ?? 'system';
  const root = document.documentElement;
  effect(() => {
    root.lang = language.value;
  });
  effect(() => {
    if (theme.value === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = theme.value;
  });
}

export function chooseLanguage(chosen: Language, storage: Storage = localStorage): void {
  language.value = chosen;
  storage.setItem(LANGUAGE_PLACE, chosen);
}

export function chooseTheme(chosen: Theme, storage: Storage = localStorage): void {
  theme.value = chosen;
  storage.setItem(THEME_PLACE, chosen);
}

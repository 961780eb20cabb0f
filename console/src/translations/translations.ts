import { computed, signal } from '@preact/signals';
import { english, type Texts } from './english.js';
import { formatsOf } from './formats.js';
import { type Language, LANGUAGES } from './languages.js';
import { russian } from './russian.js';

export { type Language, LANGUAGES };

const TEXTS: Readonly<Record<Language, Texts>> = { en: english, ru: russian };

/** The language of the page. */
export const language = signal<Language>('en');

/** The texts in the language of the page. */
export const texts = computed(() => TEXTS[language.value]);

/** How the language of the page writes times and numbers. */
export const formats = computed(() => formatsOf(language.value));

/** The first language that a person prefers and the page has; English otherwise. @param preferred such as `navigator.languages`. */
export function preferredLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const base = tag.toLowerCase().split('-')[0]!;
    if (Object.hasOwn(LANGUAGES, base)) return base as Language;
  }
  return 'en';
}

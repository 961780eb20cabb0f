import { en } from './english.js';
import { ru } from './russian.js';
import type { Translations } from './translations.js';

/** What the bot can speak. */
export const LANGUAGES = ['ru', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export const TRANSLATIONS: Record<Language, Translations> = { ru, en };

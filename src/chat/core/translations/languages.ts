import { en } from './english.js';
import { ru } from './russian.js';
import type { Phrases } from './translations.js';

/** What the bot can speak. */
export const LANGUAGES = ['ru', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export const PHRASES: Record<Language, Phrases> = { ru, en };

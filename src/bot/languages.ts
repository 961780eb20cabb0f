import { en } from './phrases-en.js';
import { ru } from './phrases-ru.js';
import type { Phrases } from './phrases.js';

/** What the bot can speak. */
export const LANGUAGES = ['ru', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export const PHRASES: Record<Language, Phrases> = { ru, en };

import { computed } from '@preact/signals';
import { type Language, language } from '../translations/translations.js';
import { english, type PageTexts } from './translations/english.js';
import { russian } from './translations/russian.js';

const TEXTS: Readonly<Record<Language, PageTexts>> = { en: english, ru: russian };

/** The texts of the further pages, which are loaded with the first of them. */
export const pageTexts = computed(() => TEXTS[language.value]);

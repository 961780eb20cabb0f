/** The languages of the page, by what they call themselves. */
export const LANGUAGES = { en: 'English', ru: 'Русский' } as const;

export type Language = keyof typeof LANGUAGES;

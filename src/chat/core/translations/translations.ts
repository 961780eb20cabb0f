import type { ru } from './russian.js';

/** What a message can have besides a text. */
export type ContentKind = keyof (typeof ru)['content'];

/** All texts of the bot in one language. It is a class so that it can be injected. */
export abstract class Translations extends (Object as unknown as abstract new () => typeof ru) {}

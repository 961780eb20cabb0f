import { type Action, TARGET_STATUS, type Status, STATUSES } from '../actions/transitions.js';

// Words of people, in the middle of other words too: none that an ordinary sentence begins with is here.
const WORDS: Record<Action, readonly string[]> = {
  take: ['taken', 'in progress', 'in_progress', 'взял', 'взяла', 'в работе'],
  resolve: ['fixed', 'resolved', 'done', 'решено', 'исправлено', 'готово'],
  close: ['closed', 'закрыто'],
  reopen: ['reopened', 'вернулось', 'снова'],
};

const NEW = /^(new|новый|новые)$/iu;

// No \b: it knows ASCII letters alone. A hyphen goes on with the word, as in "fixed-price".
const END_OF_WORD = String.raw`(?![\p{L}\p{M}\p{N}_]|[-‑][\p{L}\p{N}])`;

// People write hashtags as well: #done.
const patternOf = (words: readonly string[]) =>
  new RegExp(
    `^#?(?:${words.map((word) => word.replace(' ', String.raw`\s+`)).join('|')})${END_OF_WORD}`,
    'iu',
  );

const PATTERNS = Object.entries(WORDS).map(
  ([action, words]) => [action as Action, patternOf(words)] as const,
);

/** A text that begins with what was done: the action, and the words after it, which may be none. */
export function readAction(text: string): { action: Action; note: string | undefined } | undefined {
  for (const [action, pattern] of PATTERNS) {
    const word = pattern.exec(text)?.[0];
    if (word === undefined) continue;
    const rest = text.slice(word.length).replace(/^[\s.,:;!–—-]+/u, '');
    // A thumb or a full stop after the word says no more than the word.
    return { action, note: /[\p{L}\p{N}]/u.test(rest) ? rest : undefined };
  }
  return undefined;
}

/** A status by its name, or by what people say of incidents that have it. */
export function readStatus(text: string): Status | undefined {
  const name = text
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, '_');
  const status = STATUSES.find((each) => each === name);
  if (status) return status;
  if (NEW.test(text.trim())) return 'NEW';
  const read = readAction(text.trim());
  return read && read.note === undefined ? TARGET_STATUS[read.action] : undefined;
}

import { type Action, changeOf } from '../actions/actions.js';
import { type Status, STATUSES } from '../api/incident.js';

// None begins an ordinary sentence: a keyword counts in front of other words, too.
const KEYWORDS: Record<Action, readonly string[]> = {
  take: ['taken', 'in progress', 'in_progress', 'взял', 'взяла', 'в работе'],
  resolve: ['fixed', 'resolved', 'done', 'решено', 'исправлено', 'готово'],
  close: ['closed', 'закрыто'],
  reopen: ['reopened', 'вернулось', 'снова'],
  release: ['released', 'отпустил', 'отпустила'],
};

const OFF = /^(off|no|нет|выкл|выключить)$/iu;

const NEW = /^(new|новый|новые)$/iu;

// No \b: it knows only ASCII letters. A hyphen continues the word, as in "fixed-price".
const END_OF_WORD = String.raw`(?![\p{L}\p{M}\p{N}_]|[-‑][\p{L}\p{N}])`;

// People write hashtags as well: #done.
const patternOf = (keywords: readonly string[]) =>
  new RegExp(
    `^#?(?:${keywords.map((keyword) => keyword.replace(' ', String.raw`\s+`)).join('|')})${END_OF_WORD}`,
    'iu',
  );

const PATTERNS = Object.entries(KEYWORDS).map(
  ([action, keywords]) => [action as Action, patternOf(keywords)] as const,
);

/** The action whose keyword a text begins with, and the words after it, if any. */
export function parseAction(text: string): { action: Action; note: string | undefined } | undefined {
  for (const [action, pattern] of PATTERNS) {
    const keyword = pattern.exec(text)?.[0];
    if (keyword === undefined) continue;
    const rest = text.slice(keyword.length).replace(/^[\s.,:;!–—-]+/u, '');
    // A thumb or a full stop after the keyword adds nothing.
    return { action, note: /[\p{L}\p{N}]/u.test(rest) ? rest : undefined };
  }
  return undefined;
}

/** A status by its name, or by the keyword of the action that leads to it. */
export function parseStatus(text: string): Status | undefined {
  const name = text
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, '_');
  const status = STATUSES.find((each) => each === name);
  if (status) return status;
  if (NEW.test(text.trim())) return 'NEW';
  const parsed = parseAction(text.trim());
  return parsed && parsed.note === undefined ? changeOf(parsed.action).status : undefined;
}

/** Whether a text turns something off; undefined for any other text. */
export function parseIsOff(text: string): true | undefined {
  return OFF.test(text.trim()) ? true : undefined;
}

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The documents of the project, for users and contributors. */
export const DOCUMENTS = [
  'README.md',
  'README.ru.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync('{docs,deploy}/**/*.md').toSorted(),
];

/** A fenced block of code: ```` ```language rest ````. */
export interface Block {
  readonly language: string;
  /** The words after the language in the first line. */
  readonly words: readonly string[];
  readonly text: string;
}

const FENCE = /^( *)(`{3,})([^\n`]*)\n([\s\S]*?)^\1\2 *$/gm;

export const textOf = (document: string): string => readFileSync(document, 'utf8');

export function blocksOf(document: string): Block[] {
  return [...textOf(document).matchAll(FENCE)].map(([, indent, , info, text]) => {
    const [language = '', ...words] = info!.trim().split(/ +/);
    return { language, words, text: text!.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim() };
  });
}

/** The text outside fenced blocks. */
export const proseOf = (document: string): string => textOf(document).replaceAll(FENCE, '');

/** The code spans (between backticks) outside fenced blocks. */
export const codeSpansOf = (document: string): string[] =>
  [...proseOf(document).matchAll(/(`+) ?([^\n]+?) ?\1(?!`)/g)].map(([, , text]) => text!);

export interface Link {
  /** A path relative to the project directory. */
  readonly file: string;
  /** The anchor of the heading; empty for the top of the file. */
  readonly anchor: string;
  /** The link as written in the document. */
  readonly target: string;
}

/** The links of a document to files of the project, including images. */
export function linksOf(document: string): Link[] {
  return [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      const file = path === '' ? document : normalize(join(dirname(document), path));
      return { file, anchor, target };
    });
}

/** The anchors that GitHub generates for the headings of a document. */
export function anchorsOf(document: string): string[] {
  const seen = new Map<string, number>();
  return [...proseOf(document).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => {
    const slug = heading!
      .toLowerCase()
      .replaceAll(/\]\([^)]*\)/g, '')
      .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

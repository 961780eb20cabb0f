import { MAX_TEXT_LENGTH, textLength } from '../../domain/incident/incident-text.js';

/** The text of a report of a machine, for a person. */
export interface ReportText {
  /** What is wrong, in the words of the sender. */
  readonly message: string;
  /** Labels, times, links and whatever else the sender knows: a line each. */
  readonly facts: string;
}

/** A line of facts; omitted if it has no value. */
export type Fact = readonly [name: string, value: string | undefined];

/** An object as a sender has written it. */
export type Json = Readonly<Record<string, unknown>>;

/** The maximum length of the note about omitted characters, in code points. */
const MAX_NOTE_LENGTH = 200;

/** How far before the end of a text the start of its last grapheme is searched, in UTF-16 units. */
const GRAPHEME_WINDOW_LENGTH = 256;

const graphemes = new Intl.Segmenter();

/** The text of these lines; those without content are omitted. */
export function reportText(message: readonly (string | undefined)[], facts: readonly Fact[]): ReportText {
  return {
    message: message.filter(Boolean).join('\n'),
    facts: facts
      .filter(([, value]) => value)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
  };
}

/**
 * All members of an object as facts, so that no field of a sender is lost: texts as they are, the rest as JSON.
 * @param labels names of members for people; others keep their own.
 */
export function factsOf(json: Json, labels: Readonly<Record<string, string>> = {}): Fact[] {
  return Object.entries(json).map(([name, value]) => [
    Object.hasOwn(labels, name) ? labels[name]! : name,
    factValue(value),
  ]);
}

/** A value as the text of a fact; undefined if it says nothing. */
function factValue(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'object' && Object.keys(value).length === 0) return undefined;
  return JSON.stringify(value);
}

/** Whether a value is an object of JSON, and no list. */
export function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** The value if it is a text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** The text without truncation. */
export function wholeText({ message, facts }: ReportText): string {
  return facts === '' ? message : `${message}\n${facts}`;
}

/** Whether the text is longer than a report may be. */
export function isTooLong(text: ReportText): boolean {
  return textLength(wholeText(text)) > MAX_TEXT_LENGTH;
}

/**
 * Shortens a text to the maximum length of a report, and notes how many code points are missing. Facts have priority: without
 * them nobody can find the alert again.
 * @param archivePath where the whole alert is stored; undefined if it is not.
 */
export function shortenedText({ message, facts }: ReportText, archivePath: string | undefined): string {
  const available = MAX_TEXT_LENGTH - MAX_NOTE_LENGTH;
  const keptFacts = truncate(facts, Math.max(available / 2, available - textLength(message)));
  const keptMessage = truncate(message, available - textLength(keptFacts));
  const missing = textLength(message) + textLength(facts) - textLength(keptMessage) - textLength(keptFacts);
  const where =
    archivePath === undefined
      ? 'They are not stored: the archive is full.'
      : `The whole alert: ${archivePath}`;
  const note = `[${missing} characters are left out here. ${where}]`;
  return `${keptMessage}…\n${note}\n${keptFacts}`;
}

/** The first code points of the text, at most `maxLength`, without a partial grapheme at the end. */
function truncate(text: string, maxLength: number): string {
  let end = 0;
  for (let n = 0; n < maxLength && end < text.length; n++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  if (end === text.length) return text;
  const from = Math.max(end - GRAPHEME_WINDOW_LENGTH, 0);
  const { index } = graphemes.segment(text.slice(from, end + GRAPHEME_WINDOW_LENGTH)).containing(end - from)!;
  // A grapheme that is longer than the window occurs in no language: it may be cut.
  return text.slice(0, index === 0 ? end : from + index);
}

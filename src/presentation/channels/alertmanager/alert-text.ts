import { MAX_TEXT_LENGTH, textLength } from '../../../domain/incident/incident-text.js';

export type StringMap = Readonly<Record<string, string>>;

/** The text of an alert, for a person. */
export interface AlertText {
  /** The name of the alert and its annotations. */
  readonly message: string;
  /** Labels, times and links, which identify the alert. */
  readonly facts: string;
}

/** A line of facts; omitted if it has no value. */
export type Fact = readonly [name: string, value: string | undefined];

/** The maximum length of the note about omitted characters, in code points. */
const MAX_NOTE_LENGTH = 200;

/** How far before the end of a text the start of its last grapheme is searched, in UTF-16 units. */
const GRAPHEME_WINDOW_LENGTH = 256;

const graphemes = new Intl.Segmenter();

/** The complete text of an alert: it has all labels and annotations. */
export function alertText(labels: StringMap, annotations: StringMap, facts: readonly Fact[]): AlertText {
  const { alertname = 'An alert without a name', ...others } = labels;
  const { summary, description, ...more } = annotations;
  const message = [
    summary ? `${alertname}: ${summary}` : alertname,
    description === summary ? undefined : description,
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
  ];
  const labelled = Object.entries(others).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const lines = ([['Labels', labelled.join(', ')], ...facts] as const).filter(([, value]) => value);
  return {
    message: message.filter(Boolean).join('\n'),
    facts: lines.map(([name, value]) => `${name}: ${value}`).join('\n'),
  };
}

/** The text without truncation. */
export function wholeText({ message, facts }: AlertText): string {
  return facts === '' ? message : `${message}\n${facts}`;
}

/** Whether the text is longer than a report may be. */
export function isTooLong(text: AlertText): boolean {
  return textLength(wholeText(text)) > MAX_TEXT_LENGTH;
}

/**
 * Shortens a text to the maximum length of a report, and notes how many code points are missing. Facts have priority: without
 * them nobody can find the alert again.
 * @param archivePath where the whole alert is stored; undefined if it is not.
 */
export function shortenedText({ message, facts }: AlertText, archivePath: string | undefined): string {
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

import { MAX_TEXT_LENGTH, textLength } from '../../../domain/incident/incident-text.js';

export type Texts = Readonly<Record<string, string>>;

/** The text of an alert, for a person. */
export interface AlertText {
  /** What is wrong: the name of the alert and its annotations. */
  readonly message: string;
  /** What identifies it: labels, times and links. */
  readonly facts: string;
}

/** A line of facts, which is left out where it has no value. */
export type Fact = readonly [name: string, value: string | undefined];

/** How much the sentence about what is left out takes at most, in code points. */
const MAX_NOTE_LENGTH = 200;

/** How far from the end of a text its last grapheme is looked for, in UTF-16 units. */
const GRAPHEME_WINDOW = 256;

const graphemes = new Intl.Segmenter();

/** The text of an alert with these labels and annotations, none of which is left out. */
export function alertText(labels: Texts, annotations: Texts, facts: readonly Fact[]): AlertText {
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

/** All of the text. */
export function wholeText({ message, facts }: AlertText): string {
  return facts === '' ? message : `${message}\n${facts}`;
}

/** Whether the text is longer than a report may be. */
export function isTooLong(text: AlertText): boolean {
  return textLength(wholeText(text)) > MAX_TEXT_LENGTH;
}

/**
 * As much of a text that is too long as a report may have, and how many code points are missing. The facts are kept as far as
 * possible: without them nobody finds the alert again.
 * @param rest where the whole alert is; undefined where it is not kept.
 */
export function shortenedText({ message, facts }: AlertText, rest: string | undefined): string {
  const available = MAX_TEXT_LENGTH - MAX_NOTE_LENGTH;
  const keptFacts = beginningOf(facts, Math.max(available / 2, available - textLength(message)));
  const keptMessage = beginningOf(message, available - textLength(keptFacts));
  const missing = textLength(message) + textLength(facts) - textLength(keptMessage) - textLength(keptFacts);
  const where = rest === undefined ? 'They are not kept: the archive is full.' : `The whole alert: ${rest}`;
  const note = `[${missing} characters are left out here. ${where}]`;
  return `${keptMessage}…\n${note}\n${keptFacts}`;
}

/** The first code points of the text, at most so many, without half a grapheme at the end. */
function beginningOf(text: string, length: number): string {
  let end = 0;
  for (let n = 0; n < length && end < text.length; n++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  if (end === text.length) return text;
  const from = Math.max(end - GRAPHEME_WINDOW, 0);
  const { index } = graphemes.segment(text.slice(from, end + GRAPHEME_WINDOW)).containing(end - from)!;
  // One that is longer than the window is no text of a language.
  return text.slice(0, index === 0 ? end : from + index);
}

import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { FileContent } from '../../application/attachments/temporary-files.js';
import { UnreadableFile } from '../../domain/imports/import-errors.js';
import { type Inspection, textOf } from './input-file.js';
import { columnsOf, peek, type Source, type SourceRow, TableRow } from './source.js';

/** In characters: a row that is longer has a quote without its end. */
const MAX_ROW_LENGTH = 1_000_000;

/** The part of a file in which the delimiter is looked for. */
const HEAD_LENGTH = 64 * 1024;

const DELIMITERS = [';', ',', '\t'] as const;

/** A line for Excel, which names the delimiter. */
const SEPARATOR_LINE = /^sep=([^\r\n])\r?\n/i;

/** What programs put before a text that a spreadsheet would take for a formula. */
const ESCAPED_FORMULA = /^'(?=[=+\-@\t\r])/;

const NAMES: Readonly<Record<string, string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16LE',
  'utf-16be': 'UTF-16BE',
  'windows-1251': 'Windows-1251',
};

/** A CSV file as rows: its first row is the header. @throws UnreadableFile */
export async function openCsv(file: FileContent, { encoding, reason }: Inspection): Promise<Source> {
  const { first = '', all } = await peek(longFirst(textOf(file, encoding)));
  if (/^\s*<(?:!doctype|html)/i.test(first)) throw new UnreadableFile('it is HTML, and not CSV');
  const line = SEPARATOR_LINE.exec(first);
  const delimiter = line?.[1] ?? mostFrequentDelimiter(first);
  const records = recordsIn(line ? withoutStart(all, line[0].length) : all, delimiter);
  const { first: header, all: rows } = await peek(records);
  if (!header) throw new UnreadableFile('it is empty');
  const { columns, indices } = columnsOf(header.map(unescaped));
  return {
    columns,
    isTable: true,
    assumptions: [
      `The encoding is ${NAMES[encoding]!}: ${reason}.`,
      `Columns are separated by ${delimiter === '\t' ? 'tabs' : delimiter}.`,
    ],
    rows: tableRows(rows, indices, columns.length),
  };
}

async function* tableRows(
  records: AsyncIterable<readonly string[]>,
  indices: ReadonlyMap<string, number>,
  width: number,
): AsyncGenerator<SourceRow> {
  let isHeader = true;
  for await (const record of records) {
    if (!isHeader) yield new TableRow(record.map(unescaped), indices, width);
    isHeader = false;
  }
}

const unescaped = (cell: string): string => cell.replace(ESCAPED_FORMULA, '');

/** The same text, whose first chunk is long enough to find out about the file. */
async function* longFirst(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let head: string | undefined = '';
  for await (const text of texts) {
    if (head === undefined) {
      yield text;
      continue;
    }
    head += text;
    if (head.length < HEAD_LENGTH) continue;
    yield head;
    head = undefined;
  }
  if (head) yield head;
}

async function* withoutStart(texts: AsyncIterable<string>, length: number): AsyncGenerator<string> {
  let left = length;
  for await (const text of texts) {
    yield text.slice(left);
    left = 0;
  }
}

/** The delimiter that the header has most of, outside of quotes. */
function mostFrequentDelimiter(text: string): string {
  const header = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text.trimStart())?.[0] ?? '';
  const unquoted = header.replaceAll(/"(?:[^"]|"")*"/g, '');
  const countOf = (delimiter: string) => unquoted.split(delimiter).length;
  return DELIMITERS.toSorted((a, b) => countOf(b) - countOf(a))[0]!;
}

async function* recordsIn(texts: AsyncIterable<string>, delimiter: string): AsyncGenerator<string[]> {
  const parser = parse({
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_LENGTH,
  });
  // The parser is destroyed with an error of its source, and so ends the loop with it.
  pipeline(Readable.from(texts), parser, () => undefined);
  try {
    // Spreadsheets write rows of delimiters after the last one.
    for await (const record of parser as AsyncIterable<string[]>)
      if (record.some((cell) => cell !== '')) yield record;
  } catch (error) {
    if (error instanceof CsvError) throw new UnreadableFile(`it is no valid CSV (${error.message})`);
    throw error;
  }
}

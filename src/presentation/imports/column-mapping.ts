import { UnreadableFile } from '../../domain/imports/import-errors.js';
import type { Source } from './source.js';

/** The fields of a report that rows may have, as the API calls them. */
export const IMPORT_FIELDS = [
  'description',
  'source',
  'status',
  'urgent',
  'actor',
  'reported_at',
  'dedup_key',
  'origin',
] as const;

export type ImportField = (typeof IMPORT_FIELDS)[number];

/** The columns that a user has chosen for fields. */
export type ChosenColumns = ReadonlyMap<ImportField, string>;

/** Which column each field is read from; fields without one have their default. */
export type ColumnMapping = ReadonlyMap<ImportField, string>;

const PAIR = `(?:${IMPORT_FIELDS.join('|')})=[^\\s,][^,]*`;

/** A list of columns: see `parseColumns`. */
export const COLUMNS_PATTERN = `^${PAIR}(?:,${PAIR})*$`;

const COLUMNS = new RegExp(COLUMNS_PATTERN, 'u');

/** What a list of columns must be, as the predicate of a sentence. */
export const COLUMNS_RULE = `must be such as description=Text,reported_at=Date; the fields are ${IMPORT_FIELDS.join(', ')}`;

/** Parses `field=column,field=column`; undefined if it is wrong. Of two columns for one field, the last one counts. */
export function parseColumns(text: string): ChosenColumns | undefined {
  if (!COLUMNS.test(text)) return undefined;
  return new Map(
    text.split(',').map((pair) => {
      const separator = pair.indexOf('=');
      return [pair.slice(0, separator) as ImportField, pair.slice(separator + 1).trim()];
    }),
  );
}

/**
 * Finds the column of each field: the chosen one, or the one of its name, in any case.
 * @throws UnreadableFile if a chosen column is not there, or the description has none.
 */
export function mapColumns({ columns, isTable }: Source, chosen: ChosenColumns): ColumnMapping {
  const find = (name: string) =>
    columns.find((column) => column === name) ??
    columns.find((column) => column.toLowerCase() === name.toLowerCase());
  const mapping = new Map<ImportField, string>();
  for (const field of IMPORT_FIELDS) {
    const wanted = chosen.get(field);
    // Not every record has all members.
    const column = find(wanted ?? field) ?? (isTable ? undefined : (wanted ?? field));
    if (column !== undefined) mapping.set(field, column);
    else if (wanted !== undefined || field === 'description') throw missing(wanted ?? field, columns);
  }
  return mapping;
}

function missing(column: string, columns: readonly string[]): UnreadableFile {
  const known = columns.filter((name) => name !== '').slice(0, 50);
  return new UnreadableFile(
    `it has no column "${column}" (its columns: ${known.join(', ')}); name others such as description=${known[0] ?? 'Text'}`,
  );
}

/** The columns that no field is read from. */
export function ignoredColumns({ columns }: Source, mapping: ColumnMapping): readonly string[] {
  const used = new Set(mapping.values());
  return columns.filter((column) => column !== '' && !used.has(column));
}
